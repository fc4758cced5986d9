import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createStamp, fingerprintOf } from '../../../../scripts/fingerprint.mjs'
import { runStep } from '../../../../scripts/process.mjs'
import { root, tool, toolEnvironment } from '../../../../scripts/setup.mjs'
import { freePort } from '../../../support/servers/free-port.ts'
import { type Anchor, startAnchor } from './anchor.ts'

const source = path.join(import.meta.dirname, 'bare-app')
/** Below no other app: Next.js takes `instrumentation.ts` and `proxy.ts` from any folder above, and so would run all of ours. */
const folder = path.join(tmpdir(), 'voicepin-bare-app')
const stamp = createStamp(path.join(folder, '.next/fingerprint'))

/** Builds the bare app unless it is built of the same sources by the same Next.js. */
async function ensureBareApp(): Promise<void> {
  const sources = [path.relative(root, source), 'node_modules/next/package.json']
  const fingerprint = `${fingerprintOf(root, sources)} ${root}`
  if (stamp.matches(fingerprint)) return
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  await cp(source, folder, { recursive: true })
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  // Where its packages are, behind that link.
  await writeFile(path.join(folder, 'next.config.js'), "export default { turbopack: { root: '/' } }\n")
  const env = toolEnvironment({ NODE_ENV: 'production' })
  await runStep('Building the bare app', tool('next'), ['build', folder], { cwd: root, env })
  stamp.write(fingerprint)
}

/** What Next.js costs by itself: an app with handlers that do what ours do and keep nothing, under `next start`. */
export async function startBareApp(
  serverPrefix: string[],
  environment: Record<string, string> = {},
): Promise<Anchor> {
  await ensureBareApp()
  const port = await freePort()
  const next = path.join(root, 'node_modules/next/dist/bin/next')
  return startAnchor({
    command: [...serverPrefix, process.execPath, next, 'start', folder, '-p', String(port)],
    baseUrl: `http://127.0.0.1:${port}`,
    environment,
  })
}

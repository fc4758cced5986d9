import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Build } from './bench.ts'

const ownRoot = path.resolve(import.meta.dirname, '../../..')

/** This checkout. */
export const ownBuild: Build = { name: 'now', root: ownRoot }

/** The checkout in a folder. @throws Error where it is not ready, with what makes it so */
export async function otherBuild(folder: string): Promise<Build> {
  const root = path.resolve(folder)
  if (!existsSync(path.join(root, 'bin/server.ts'))) throw new Error(`${root} is no checkout of Voicepin`)
  await requireBuild(root)
  return { name: 'before', root }
}

/** @throws Error where a checkout is not built of its sources: whoever starts it would wait until it is */
export async function requireBuild(root: string): Promise<void> {
  // It knows itself what it is built of.
  const { createStamp, fingerprintOf, isInstalled } = await import(path.join(root, 'scripts/fingerprint.mjs'))
  const isBuilt = () => createStamp(path.join(root, '.next/fingerprint')).matches(fingerprintOf(root))
  if (!isInstalled(root) || !isBuilt()) throw new Error(`Not built: (cd ${root} && npm run build)`)
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { runMain } from './process.mjs'
import { requirePrograms, servers } from './programs.mjs'
import { ensureBuild, ensureDependencies, nodePath, root, toolEnvironment } from './setup.mjs'

/** `npm run scale:up`: what it starts is in tests/support/topology.ts. */
await runMain(async () => {
  await ensureDependencies({ dev: true })
  await requirePrograms(servers)
  await ensureBuild()
  // In a group of its own: a Ctrl-C comes here, and there as one signal, so that all is ended in order. When this
  // process dies, the end of the input tells.
  const child = spawn(nodePath(), ['tests/support/scale-up.ts', ...process.argv.slice(2)], {
    cwd: root,
    env: toolEnvironment({ NODE_ENV: 'production' }),
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal))
  const [code] = await once(child, 'exit')
  return code ?? 1
})

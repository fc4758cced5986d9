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
  // Its own process group: otherwise a Ctrl-C would reach all its processes at once. Here it reaches this process alone,
  // which passes it on as one signal, and the child stops the others in order. If this process dies, the child sees the
  // end of its input, and stops as well.
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

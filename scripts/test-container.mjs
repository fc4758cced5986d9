import { existsSync } from 'node:fs'
import { canInstall } from './apt.mjs'
import { findServer } from './find-program.mjs'
import { run, runMain, StepError } from './process.mjs'
import { requirePrograms } from './programs.mjs'
import { ensureDependencies, nodePath, root, toolEnvironment } from './setup.mjs'

/** @param {string} debian @param {() => string | undefined} [find] */
const program = (debian, find = () => findServer(debian)) => ({
  title: debian,
  debian,
  hint: `apt-get install ${debian}`,
  find,
})
/** @param {string} file */
const at = (file) => () => (existsSync(file) ? file : undefined)

/** Podman of Debian, and what it needs for networks with names and for control groups of either kind. */
const programs = [
  program('podman'),
  program('podman-compose'),
  program('debootstrap'),
  program('runc'),
  program('iptables'),
  program('netavark', at('/usr/lib/podman/netavark')),
  program('aardvark-dns', at('/usr/lib/podman/aardvark-dns')),
]

/** `npm run test:container`: what it does is in tests/proof/container.ts. */
await runMain(async () => {
  if (!canInstall()) throw new StepError('This needs a Debian, and to be root there')
  await ensureDependencies({ dev: true })
  await requirePrograms(programs)
  const { code } = await run(nodePath(), ['tests/proof/container.ts'], { cwd: root, env: toolEnvironment() })
  return code
})

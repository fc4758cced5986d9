import { existsSync } from 'node:fs'
import { isExecutable } from './find-program.mjs'
import { run, runStep, StepError, say } from './process.mjs'

const apt = '/usr/bin/apt-get'
/** Waits up to two minutes for another installation to end. */
const lockTimeout = ['-o', 'DPkg::Lock::Timeout=120']
/** At run level 1 Debian's packages do not start their services. */
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', PREVLEVEL: 'N' }

/** Whether this is a Debian and this user may install packages. */
export const canInstall = () => isExecutable(apt) && process.getuid?.() === 0

/**
 * Installs packages together or, if that fails, one by one, so that a package that is not available does not prevent the
 * others. Prints failures and throws nothing. Stops the services that the packages have started.
 *
 * @param {string[]} packages
 */
export async function installPackages(packages) {
  if (!(await attempt('Refreshing the list of packages', ['update']))) return
  const isInstalled = await install(packages)
  if (!isInstalled && packages.length > 1) for (const name of packages) await install([name])
  await stopServices(packages)
}

/** @param {string[]} packages */
function install(packages) {
  return attempt(`Installing ${packages.join(', ')}`, [
    'install',
    '-y',
    '--no-install-recommends',
    ...packages,
  ])
}

/**
 * @param {string} title
 * @param {string[]} args
 */
async function attempt(title, args) {
  try {
    await runStep(title, apt, [...lockTimeout, ...args], { env })
    return true
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    say(`${error.message}\n${error.output.trimEnd().split('\n').slice(-5).join('\n')}\n`)
    return false
  }
}

/** For systemd, which ignores the run level. @param {string[]} packages */
async function stopServices(packages) {
  if (!existsSync('/run/systemd/system')) return
  for (const name of packages)
    await run('systemctl', ['--quiet', 'disable', '--now', name], { stdio: 'ignore' })
}

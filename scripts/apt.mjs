import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isExecutable } from './find-program.mjs'
import { run, runStep, StepError, say } from './process.mjs'

const apt = '/usr/bin/apt-get'
/** Waits for another installation to end, up to ten minutes. */
const lockTimeout = ['-o', 'DPkg::Lock::Timeout=600']
/** Of its other locks, those on its lists and its archives, apt says at once that another one holds them. */
const LOCKED = /Could not get lock|Unable to (?:lock|acquire)/
const LOCKED_TRIES = 120
const LOCKED_WAIT_MS = 5000
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
    await whenUnlocked(() => runStep(title, apt, [...lockTimeout, ...args], { env }))
    return true
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    say(`${error.message}\n${error.output.trimEnd().split('\n').slice(-5).join('\n')}\n`)
    return false
  }
}

/**
 * Runs a step again for as long as another apt or dpkg is at work.
 *
 * @param {() => Promise<void>} step
 */
export async function whenUnlocked(step, { tries = LOCKED_TRIES, waitMs = LOCKED_WAIT_MS } = {}) {
  for (let left = tries; ; left -= 1) {
    try {
      return await step()
    } catch (error) {
      if (left <= 1 || !(error instanceof StepError) || !LOCKED.test(error.output)) throw error
      say('Another installation is running; waiting for its end\n')
      await sleep(waitMs)
    }
  }
}

/** For systemd, which ignores the run level. @param {string[]} packages */
async function stopServices(packages) {
  if (!existsSync('/run/systemd/system')) return
  for (const name of packages)
    await run('systemctl', ['--quiet', 'disable', '--now', name], { stdio: 'ignore' })
}

import { existsSync } from 'node:fs'
import { isExecutable } from './find-program.mjs'
import { run, runStep, StepError, say } from './process.mjs'

const apt = '/usr/bin/apt-get'
/** Another installation may be under way. */
const patience = ['-o', 'DPkg::Lock::Timeout=120']
/** At run level 1 Debian's packages start no service of theirs. */
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', PREVLEVEL: 'N' }

/** Whether this is a Debian and this user may install packages. */
export const canInstall = () => isExecutable(apt) && process.getuid?.() === 0

/**
 * Installs packages in one go or, when that fails, each for itself, so that one which cannot be had keeps no other back.
 * What fails is said; nothing is thrown. Services that came along are not left running.
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
    await runStep(title, apt, [...patience, ...args], { env })
    return true
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    say(`${error.message}\n${error.output.trimEnd().split('\n').slice(-5).join('\n')}\n`)
    return false
  }
}

/** systemd does not ask for the run level. @param {string[]} packages */
async function stopServices(packages) {
  if (!existsSync('/run/systemd/system')) return
  for (const name of packages)
    await run('systemctl', ['--quiet', 'disable', '--now', name], { stdio: 'ignore' })
}

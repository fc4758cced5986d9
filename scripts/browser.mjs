import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { runStep, StepError, say } from './process.mjs'

const variable = 'PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH'
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * The path of a Chromium or Chrome for the browser tests: the one that the environment names, else the first
 * one on `PATH`, else `undefined`.
 *
 * @param {Record<string, string | undefined>} environment
 * @throws StepError if the environment names one that cannot be run.
 */
export function findBrowser(environment = process.env) {
  const named = environment[variable]
  if (named && !isExecutable(named)) throw new StepError(`${variable}: there is no program at ${named}`)
  if (named) return named
  const folders = (environment.PATH ?? '').split(path.delimiter).filter(Boolean)
  const candidates = names.flatMap((name) => folders.map((folder) => path.join(folder, name)))
  return [...candidates, ...macPaths].find(isExecutable)
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Installs Debian's Chromium if no browser is found and this user may; else says what is missing. */
export async function ensureBrowser() {
  if (findBrowser()) return
  const apt = isExecutable('/usr/bin/apt-get') ? '/usr/bin/apt-get' : undefined
  if (apt && process.getuid?.() === 0) await installFrom(apt).catch(report)
  if (findBrowser()) return
  const missing = `No Chromium or Chrome was found. Install one, or set ${variable} to its path`
  if (process.env.CI) throw new StepError(missing)
  say(`${missing}.\n`)
}

async function installFrom(apt) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // Another installation may be under way.
  const wait = ['-o', 'DPkg::Lock::Timeout=120']
  await runStep('Refreshing the list of packages', apt, [...wait, 'update'], { env })
  await runStep(
    'Installing Chromium',
    apt,
    [...wait, 'install', '-y', '--no-install-recommends', 'chromium'],
    { env },
  )
}

function report(error) {
  if (!(error instanceof StepError)) throw error
  say(`failed\n${error.output.trimEnd().split('\n').slice(-5).join('\n')}\n`)
}

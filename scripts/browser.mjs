import { findProgram, isExecutable } from './find-program.mjs'
import { StepError } from './process.mjs'

export const browserVariable = 'PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH'
// The first of them is Chromium without what only people see, and starts in half the time.
const names = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
]
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
  const named = environment[browserVariable]
  if (named && !isExecutable(named))
    throw new StepError(`${browserVariable}: there is no program at ${named}`)
  return named || (findProgram(names, environment) ?? macPaths.find(isExecutable))
}

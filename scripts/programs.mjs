import { canInstall, installPackages } from './apt.mjs'
import { browserVariable, findBrowser } from './browser.mjs'
import { findServer } from './find-program.mjs'
import { StepError, say } from './process.mjs'

/**
 * @typedef {object} Program what some of the project's commands need and npm does not bring
 * @property {string} title as people call it
 * @property {string} debian its package there
 * @property {string} hint how to get it, the end of a sentence
 * @property {() => string | undefined} find gives its path
 */

/** @type {Program} */
export const browser = {
  title: 'Chromium or Chrome',
  debian: 'chromium',
  hint: `install one, or set ${browserVariable} to its path`,
  find: () => findBrowser(),
}

/** @type {Program[]} */
export const servers = [server('Redis', 'redis-server', 'redis'), server('nginx', 'nginx', 'nginx')]

/** What only tests need. @type {Program[]} */
export const testServers = [
  ...servers,
  server('PgBouncer', 'pgbouncer', 'pgbouncer'),
  {
    title: 'promtool of Prometheus',
    debian: 'prometheus',
    hint: 'apt-get install prometheus, or brew install prometheus',
    find: () => findServer('promtool'),
  },
]

/**
 * @param {string} title
 * @param {string} debian
 * @param {string} homebrew
 * @returns {Program}
 */
function server(title, debian, homebrew) {
  const hint = `apt-get install ${debian}, or brew install ${homebrew}`
  return { title, debian, hint, find: () => findServer(debian) }
}

/**
 * Installs what is missing where this user may, all in one go.
 *
 * @param {Program[]} programs
 * @returns {Promise<Program[]>} those that are still missing, which has been said
 */
export async function ensurePrograms(programs, { may = canInstall, install = installPackages } = {}) {
  const missing = programs.filter(({ find }) => !find())
  if (missing.length > 0 && may()) await install(missing.map(({ debian }) => debian))
  const lacking = missing.filter(({ find }) => !find())
  for (const { title, hint } of lacking) say(`⚠️  There is no ${title}: ${hint}\n`)
  return lacking
}

/**
 * The same for those without which nothing goes.
 *
 * @param {Program[]} programs
 * @throws StepError that names what is missing
 */
export async function requirePrograms(programs) {
  const lacking = await ensurePrograms(programs)
  if (lacking.length > 0) throw new StepError(`Missing: ${lacking.map(({ title }) => title).join(', ')}`)
}

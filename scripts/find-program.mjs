import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** Where servers live that not every user has on the `PATH`. */
const serverFolders = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']

/**
 * The path of the first of `names` that stands in a folder of `PATH`, each name looked for everywhere before
 * the next one; `undefined` if there is none.
 *
 * @param {string[]} names
 * @param {Record<string, string | undefined>} environment
 * @returns {string | undefined}
 */
export function findProgram(names, environment = process.env) {
  const folders = (environment.PATH ?? '').split(path.delimiter).filter(Boolean)
  const candidates = names.flatMap((name) => folders.map((folder) => path.join(folder, name)))
  return candidates.find(isExecutable)
}

/**
 * The same for a server, which may stand in a folder for administrators as well.
 *
 * @param {string} name
 * @param {Record<string, string | undefined>} environment
 */
export function findServer(name, environment = process.env) {
  return findProgram([name], environment) ?? serverFolders.map((at) => path.join(at, name)).find(isExecutable)
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

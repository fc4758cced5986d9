import { closeSync, openSync, rmSync, statSync, utimesSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from './has-code.mjs'

/**
 * Runs `work` while holding the lock file `file`, so that two commands never set up one folder at once.
 *
 * The holder touches the file every now and then; one that is untouched for `staleMs` was left by a process
 * that died, and is taken over.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {object} [options]
 * @param {() => void} [options.onWait] called once when somebody else holds the lock
 * @param {number} [options.staleMs]
 * @param {number} [options.pollMs]
 */
export async function withLock(file, work, { onWait = () => {}, staleMs = 15_000, pollMs = 200 } = {}) {
  if (!take(file, staleMs)) {
    onWait()
    while (!take(file, staleMs)) await sleep(pollMs)
  }
  const heartbeat = setInterval(() => touch(file), staleMs / 5)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    rmSync(file, { force: true })
  }
}

/**
 * @param {string} file
 * @param {number} staleMs
 */
function take(file, staleMs) {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found && Date.now() - found.mtimeMs > staleMs) rmSync(file, { force: true })
  try {
    closeSync(openSync(file, 'wx'))
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** @param {string} file */
function touch(file) {
  try {
    const now = new Date()
    utimesSync(file, now, now)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

import { closeSync, openSync, rmSync, statSync, utimesSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `work` while holding the lock file `file`, so that two commands never set up one folder at once.
 *
 * The holder touches the file every now and then; one that is untouched for `staleMs` was left by a process
 * that died, and is taken over.
 *
 * @param {object} [options]
 * @param {() => void} [options.onWait] called once when somebody else holds the lock
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

function take(file, staleMs) {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found && Date.now() - found.mtimeMs > staleMs) rmSync(file, { force: true })
  try {
    closeSync(openSync(file, 'wx'))
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function touch(file) {
  try {
    const now = new Date()
    utimesSync(file, now, now)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

// Stops this process when the shell dies in which npm has started it: npm passes signals on to that shell alone, and not
// every shell passes them on. Threads are given what their process was started with, and this is not for them.
import { isMainThread } from 'node:worker_threads'

const PARENT_POLL_MS = 200

if (isMainThread && process.env.npm_lifecycle_event) {
  const shell = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, PARENT_POLL_MS)
  timer.unref()
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '#lib/http/service.ts'
import { startWatchdog } from '#lib/platform/watchdog.ts'

const ASK_AGAIN_MS = 5000

/**
 * Starts the watchdog of this process once the service is ready: what happens before, such as the migration of a large
 * SQLite file, may keep the event loop for long. A debugger does so, too.
 */
export async function watchLoop(service: Service): Promise<void> {
  if (process.execArgv.some((flag) => flag.startsWith('--inspect'))) return
  const isReady = () =>
    service.checkReady().then(
      () => true,
      () => false,
    )
  while (!(await isReady())) await sleep(ASK_AGAIN_MS, undefined, { ref: false })
  const msg = 'The event loop has not turned for a minute: this process ends itself, to be started again'
  startWatchdog({ line: JSON.stringify({ level: 'fatal', msg }) })
}

import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import { isRegistered, registerService, registerStartError } from '#lib/http/service.ts'
import { startService } from './lifecycle.ts'
import { explainStartError, say } from './process.ts'

/**
 * Starts the service when Next.js starts, once a process. An error is written in one line and registered: `bin/server.ts`
 * then exits; under Next.js alone (on Vercel, in development) every request gets it as its answer.
 */
export function startInNext(): void {
  if (isRegistered()) return
  try {
    registerService(startService(createServices(readConfig(process.env))))
  } catch (error) {
    registerStartError(error)
    say(explainStartError(error))
  }
}

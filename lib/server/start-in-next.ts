import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import { isRegistered, registerService, registerStartError } from '#lib/http/service.ts'
import { startService } from './lifecycle.ts'
import { explainStartError, say } from './process.ts'

/**
 * Starts the service when Next.js starts, once a process. What keeps it from starting is said in one line and registered:
 * `bin/server.ts` exits then; under Next.js alone (on Vercel, in development) each request is told so.
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

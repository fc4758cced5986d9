import { createServices } from '#lib/composition.ts'
import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { readConfig } from '#lib/config/index.ts'
import { findService, registerConfigError, registerService } from '#lib/http/service.ts'
import { startService } from './lifecycle.ts'

/**
 * Starts the service when Next.js starts, once a process. On Vercel there is no start that could be refused: a process
 * that is configured wrongly lives on there, and each answer says so.
 *
 * @throws ConfigError anywhere else
 */
export function startInNext(): void {
  if (findService()) return
  try {
    registerService(startService(createServices(readConfig(process.env))))
  } catch (error) {
    if (!process.env.VERCEL || !ConfigError.isInstance(error)) throw error
    registerConfigError(error)
    console.error(describeConfigError(error))
  }
}

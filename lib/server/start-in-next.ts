import { describeConfigError, isConfigError } from '#lib/config/variables.ts'
import { getService } from './lifecycle.ts'

/**
 * Builds the service when Next.js starts. On Vercel there is no start that could be refused: a process that is
 * configured wrongly lives on there, and each answer says so.
 *
 * @throws ConfigError anywhere else
 */
export function startInNext(): void {
  try {
    getService()
  } catch (error) {
    if (!process.env.VERCEL || !isConfigError(error)) throw error
    console.error(describeConfigError(error))
  }
}

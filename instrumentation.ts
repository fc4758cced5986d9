import { setPlatformAfter } from '#lib/http/after-answer.ts'
import { isRegistered, registerStartError } from '#lib/http/service.ts'

/**
 * Next.js calls this once a process, before its first request. Where it stands alone (on Vercel, in development) the
 * service starts here with its background work; `bin/server.ts` has started it already.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs' || isRegistered()) return
  try {
    const { after } = await import('next/server')
    setPlatformAfter(after)
    const { startInNext } = await import('#lib/server/start-in-next.ts')
    startInNext()
  } catch (error) {
    // A package that is missing, for one: every answer says it.
    registerStartError(error)
    throw error
  }
}

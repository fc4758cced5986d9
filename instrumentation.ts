/** Next.js calls this once a process, before the first request: starts the service with its background work. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  try {
    const { startInNext } = await import('#lib/server/start-in-next.ts')
    startInNext()
  } catch (error) {
    // A package that is missing, for one: bin/server.ts must not wait for a service that will never be.
    const { registerStartError } = await import('#lib/http/service.ts')
    registerStartError(error)
    throw error
  }
}

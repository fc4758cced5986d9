/** Next.js calls this once a process, before the first request: starts the service with its background work. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { startInNext } = await import('#lib/server/start-in-next.ts')
  startInNext()
}

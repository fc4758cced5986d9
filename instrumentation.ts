/** Runs once a process before the first request: builds the service, which starts what it does in the background. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { startInNext } = await import('#lib/server/start-in-next.ts')
  startInNext()
}

/** Runs once a process before the first request: starts recovery and the clean-up timer. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { getService } = await import('./lib/service.ts')
  getService()
}

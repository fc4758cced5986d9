import { healStore, recover } from '#lib/clips/recover.ts'
import type { Services } from '#lib/context.ts'

/** What a process does by itself when it starts, until it has looked through its whole store. Returns how many clips were adopted. */
export async function recoverAll(services: Services): Promise<number> {
  const { adopted } = await recover(services)
  // Files are dated by the system's clock, whichever one the services have.
  return adopted + (await healStore(services, { startedAt: Date.now() }))
}

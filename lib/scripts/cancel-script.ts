import type { Services } from '#lib/context.ts'
import type { Script } from '#lib/model/script.ts'
import { endScript } from './end-script.ts'

/**
 * Cancels a script: no further piece is spoken, and its text is deleted. What is spoken already, or is being spoken now,
 * stays as clips. A script that has ended stays as it is.
 *
 * @throws CatalogError
 */
export async function cancelScript(services: Services, script: Script): Promise<void> {
  await endScript(services, script, { state: 'cancelled', endedAt: services.clock.now() })
}

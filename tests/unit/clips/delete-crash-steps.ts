import { expect } from 'vitest'
import { eraseDueClips } from '#lib/background/tasks.ts'
import { deleteClip } from '#lib/clips/delete-clip.ts'
import { recover } from '#lib/clips/recover.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { MINUTE_MS } from '#lib/platform/units.ts'
import { FakeProvider } from '../../support/fake-provider.ts'
import { createLife } from '../../support/mortal.ts'
import { testServices } from '../../support/services.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

/** Has a process die at `lastStep` of a deletion, and the next one go on. Returns whether it had that many steps. */
export async function dieInDeletion(lastStep: number): Promise<boolean> {
  const providers = ['pinata', 'kubo', 'filebase'].map((name) => new FakeProvider(name))
  const first = await testServices({ providers })
  const request = { text: 'Hello', voiceId: 'slt' }
  const clip = await first.clock.until(
    vocalizeOnce(first.services, request, { requestId: 'r', madeBy: 'key' }),
  )
  for (const provider of providers.slice(1)) {
    provider.take(clip.cid)
    const pin = { clipId: clip.id, provider: provider.name, cid: clip.cid, pinnedAt: first.clock.now() }
    await first.services.catalog.pins.add(pin)
  }
  await first.bury()

  const life = createLife({ lastStep })
  const { directory } = first
  const clock = createSimulatedClock({ now: first.clock.now() })
  const dead = await testServices({ directory, clock, providers, life })
  const work = deleteClip(dead.services, clip.id, 'maker').then(() => 'lived' as const)
  const end = await clock.until(Promise.race([work, life.ended]))
  await dead.bury()

  // Once the leases of the dead process are over.
  const later = createSimulatedClock({ now: clock.now() + 2 * MINUTE_MS })
  const next = await testServices({ directory, clock: later, providers })
  await later.until(recover(next.services))
  await later.until(eraseDueClips(next.services))
  try {
    const known = await next.services.catalog.clips.find(clip.id)
    // Nobody has been told anything where nothing was recorded.
    if (known?.state !== 'stored' || end === 'lived') {
      expect(known).toMatchObject({ state: 'deleted', hasLocalBytes: false })
      expect(providers.filter(({ taken }) => taken.size > 0)).toEqual([])
      expect(await next.services.store.blob(clip.id)).toBeNull()
      expect(await next.services.catalog.deletions.count()).toBe(0)
      expect((await next.services.catalog.totals()).heldBytes).toBe(0)
    } else expect(life.trace.at(-1)).toBe('before catalog.deletions.request')
  } catch (error) {
    throw new Error(`Killed ${life.trace.at(-1)} (step ${lastStep})`, { cause: error })
  }
  await next.bury()
  return end === 'died'
}

import { describe, expect, it } from 'vitest'
import { HOUR_MS, NOW, type Subject, storedClip, storedFacts, waitingClip } from './catalog-subject.ts'

/** The counters of every catalog. */
export function describeCounters({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the counters', () => {
    it('are none at first', async () => {
      const { counters } = await open()
      expect(await counters.read()).toEqual({})
    })

    it('add up, by name and label', async () => {
      const { counters } = await open()
      const increment = { name: 'background_retries_stored', label: 'hook', value: 2 } as const
      await Promise.all([counters.add([increment]), counters.add([increment])])
      await counters.add([{ ...increment, label: 'cron', value: 1 }])
      await counters.add([])
      expect(await counters.read()).toEqual({ background_retries_stored: { hook: 4, cron: 1 } })
    })

    it.each([
      [0, '0.25'],
      [250, '0.25'],
      [251, '0.5'],
      [3_600_000, '3600'],
      [3_600_001, '+Inf'],
    ])('put a clip that took %i ms from staged to IPFS into the bucket %s', async (elapsedMs, bucket) => {
      const catalog = await open()
      const { id, stagedAt } = await waitingClip(catalog)
      await catalog.clips.store(id, { ...storedFacts, storedAt: (stagedAt as number) + elapsedMs })
      expect(await catalog.counters.read()).toMatchObject({
        time_to_ipfs_bucket: { [bucket]: 1 },
        time_to_ipfs_sum: { '': elapsedMs / 1000 },
        time_to_ipfs_count: { '': 1 },
      })
    })

    it('take a clip as stored in no time whose clock was set back after it was staged', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      await catalog.clips.store(id, { ...storedFacts, storedAt: NOW - HOUR_MS })
      expect(await catalog.counters.read()).toMatchObject({ time_to_ipfs_sum: { '': 0 } })
    })

    it('have the characters that were saved, also those of the moment before the catalog is closed', async () => {
      const connect = await prepare()
      const first = connect()
      first.requests.countSaved(20)
      first.requests.countSaved(5)
      expect(await first.counters.read()).toEqual({ characters_saved: { '': 25 } })
      first.requests.countSaved(1)
      await first.close()
      expect(await connect().counters.read()).toEqual({ characters_saved: { '': 26 } })
    })

    it('are the same for a new connection', async () => {
      const connect = await prepare()
      const first = connect()
      await storedClip(first)
      const before = await first.counters.read()
      await first.close()
      expect(await connect().counters.read()).toEqual(before)
    })
  })
}

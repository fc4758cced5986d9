import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import {
  HOUR_MS,
  NOW,
  newClip,
  noLimit,
  type Subject,
  storedClip,
  storedFacts,
  waitingClip,
} from './catalog-subject.ts'

async function begin({ attempts }: Catalog, clipId: string, provider = 'pinata', startedAt = NOW) {
  return attempts.begin({ clipId, provider, trigger: 'request', startedAt })
}

/** The journal and the figures of every catalog. */
export function describeJournal({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the journal of attempts', () => {
    it('knows a try from its beginning, and how it ended', async () => {
      const catalog = await open()
      const { id: clipId } = await waitingClip(catalog)
      const first = await begin(catalog, clipId)
      const running = { id: first, clipId, provider: 'pinata', trigger: 'request', startedAt: NOW }
      expect(await catalog.attempts.ofClip(clipId)).toEqual([
        { ...running, outcome: 'running', durationMs: null, statusCode: null, error: null },
      ])
      const end = { outcome: 'failed', durationMs: 250, statusCode: 500, error: 'Answered 500' } as const
      expect(await catalog.attempts.end(first, 'pinata', end)).toBe(clipId)
      const second = await begin(catalog, clipId, 'kubo')
      await catalog.attempts.end(second, 'kubo', { outcome: 'stored', durationMs: 90 })
      expect(await catalog.attempts.ofClip(clipId)).toMatchObject([
        { ...running, ...end },
        { id: second, provider: 'kubo', outcome: 'stored', durationMs: 90, statusCode: null, error: null },
      ])
      expect(await catalog.clips.find(clipId)).toMatchObject({ attempts: 2 })
    })

    it('counts tries by provider and outcome', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      for (const outcome of ['failed', 'failed', 'stored'] as const) {
        await catalog.attempts.end(await begin(catalog, id), 'pinata', { outcome, durationMs: 1 })
      }
      const { counters } = await catalog.stats.totals()
      expect(counters).toMatchObject({ attempts_failed: { pinata: 2 }, attempts_stored: { pinata: 1 } })
    })

    it('names the providers that may hold a clip: broken off, answer lost, or stored and not recorded', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      const end = async (provider: string, outcome: 'stored' | 'failed', mayHaveStored?: boolean) => {
        const attempt = await begin(catalog, id, provider)
        await catalog.attempts.end(attempt, provider, {
          outcome,
          durationMs: 1,
          ...(mayHaveStored !== undefined && { mayHaveStored }),
        })
      }
      await begin(catalog, id, 'broken off')
      await end('answer lost', 'failed', true)
      await end('stored', 'stored')
      await end('refused', 'failed', false)
      await end('failed', 'failed')
      await end('first lost, then refused', 'failed', true)
      await end('first lost, then refused', 'failed', false)
      const doubtful = await catalog.attempts.ambiguousProviders(id)
      expect(doubtful.sort()).toEqual(['answer lost', 'broken off', 'first lost, then refused', 'stored'])
      const { id: other } = await waitingClip(catalog)
      expect(await catalog.attempts.ambiguousProviders(other)).toEqual([])
    })

    it('forgets old tries of settled clips, and keeps those of clips that wait', async () => {
      const catalog = await open()
      const { id: waiting } = await waitingClip(catalog)
      const { id: settled } = await storedClip(catalog)
      for (const id of [waiting, settled]) {
        await begin(catalog, id, 'pinata', NOW - 1)
        await begin(catalog, id, 'pinata', NOW)
      }
      expect(await catalog.attempts.prune(NOW)).toBe(1)
      expect(await catalog.attempts.ofClip(settled)).toHaveLength(1)
      expect(await catalog.attempts.ofClip(waiting)).toHaveLength(2)
      expect(await catalog.attempts.prune(NOW)).toBe(0)
    })

    it('forgets however many there are, and none that a clip still needs', async () => {
      const catalog = await open()
      const { id: waiting } = await waitingClip(catalog)
      await begin(catalog, waiting, 'pinata', NOW - 2)
      const { id: settled } = await storedClip(catalog)
      await Promise.all(Array.from({ length: 1001 }, () => begin(catalog, settled, 'pinata', NOW - 1)))
      expect(await catalog.attempts.prune(NOW)).toBe(1001)
      expect(await catalog.attempts.ofClip(settled)).toEqual([])
      expect(await catalog.attempts.ofClip(waiting)).toHaveLength(1)
    })
  })

  describe('the figures', () => {
    it('are zero at first', async () => {
      const { stats } = await open()
      expect(await stats.totals()).toEqual({ heldClips: 0, heldBytes: 0, waitingClips: 0, counters: {} })
    })

    it('say what is held and what waits', async () => {
      const catalog = await open()
      await catalog.clips.reserve(newClip({ sizeBytes: 100 }), noLimit)
      await waitingClip(catalog)
      const { id } = await storedClip(catalog)
      expect(await catalog.stats.totals()).toMatchObject({
        heldClips: 3,
        heldBytes: 1700,
        waitingClips: 1,
      })
      await catalog.clips.markBytesDeleted(id)
      expect(await catalog.stats.totals()).toMatchObject({ heldClips: 2, heldBytes: 900 })
    })

    it('add up, by name and label', async () => {
      const { stats } = await open()
      const increment = { name: 'background_retries_stored', label: 'hook', value: 2 } as const
      await Promise.all([stats.count([increment]), stats.count([increment])])
      await stats.count([{ ...increment, label: 'cron', value: 1 }])
      await stats.count([])
      expect((await stats.totals()).counters).toEqual({ background_retries_stored: { hook: 4, cron: 1 } })
    })

    it.each([
      [0, '0.25'],
      [250, '0.25'],
      [251, '0.5'],
      [3_600_000, '3600'],
      [3_600_001, '+Inf'],
    ])('put %i ms from generation to IPFS into the bucket %s', async (elapsedMs, bucket) => {
      const catalog = await open()
      const { id, stagedAt } = await waitingClip(catalog)
      await catalog.clips.store(id, { ...storedFacts, storedAt: (stagedAt as number) + elapsedMs })
      expect((await catalog.stats.totals()).counters).toMatchObject({
        time_to_ipfs_bucket: { [bucket]: 1 },
        time_to_ipfs_sum: { '': elapsedMs / 1000 },
        time_to_ipfs_count: { '': 1 },
      })
    })

    it('take no time at all for a clip that was stored before it was staged, after a clock was set back', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      await catalog.clips.store(id, { ...storedFacts, storedAt: NOW - HOUR_MS })
      expect((await catalog.stats.totals()).counters).toMatchObject({ time_to_ipfs_sum: { '': 0 } })
    })

    it('survive a new connection', async () => {
      const connect = await prepare()
      const first = connect()
      await storedClip(first)
      const before = await first.stats.totals()
      await first.close()
      expect(await connect().stats.totals()).toEqual(before)
    })

    it('list what is held though nobody needs it, those whose time is over first', async () => {
      const catalog = await open()
      const late = await storedClip(catalog, { expiresAt: NOW + 2 * HOUR_MS })
      const early = await storedClip(catalog, { expiresAt: NOW + HOUR_MS })
      const gone = await storedClip(catalog, { expiresAt: NOW })
      await catalog.clips.markBytesDeleted(gone.id)
      const { id: expired } = await waitingClip(catalog, { created: { expiresAt: NOW + 3 * HOUR_MS } })
      await catalog.clips.expire(expired, { error: 'late', now: NOW + 3 * HOUR_MS })
      await waitingClip(catalog)
      const idsOf = async (options: { limit: number; endedBefore?: number }) =>
        (await catalog.stats.evictable(options)).map(({ id }) => id)
      expect(await idsOf({ limit: 10 })).toEqual([early.id, late.id, expired])
      expect(await idsOf({ limit: 1 })).toEqual([early.id])
      const all = await catalog.stats.evictableIds()
      expect(all.toSorted()).toEqual([early.id, late.id, expired].toSorted())
      expect(await idsOf({ limit: 10, endedBefore: NOW + HOUR_MS })).toEqual([early.id, expired])
    })

    it('list what is overdue with nobody at work on it', async () => {
      const catalog = await open()
      const ended = { expiresAt: NOW + 10 }
      const { id } = await waitingClip(catalog, { created: ended })
      const lease = { leaseOwner: 'one', leaseExpiresAt: NOW + 1000 }
      const { id: leased } = await waitingClip(catalog, { created: ended, staged: lease })
      await storedClip(catalog, ended)
      await waitingClip(catalog)
      const idsAt = async (now: number) =>
        (await catalog.stats.overdue({ now, limit: 10 })).map((clip) => clip.id)
      expect(await idsAt(NOW + 9)).toEqual([])
      expect(await idsAt(NOW + 10)).toEqual([id])
      expect((await idsAt(NOW + 1000)).sort()).toEqual([id, leased].sort())
    })

    it('list what was being spoken when its process died', async () => {
      const catalog = await open()
      const clip = newClip({ leaseExpiresAt: NOW + 1000 })
      await catalog.clips.reserve(clip, noLimit)
      expect(await catalog.stats.abandoned(NOW + 999)).toEqual([])
      expect(await catalog.stats.abandoned(NOW + 1000)).toMatchObject([{ id: clip.id }])
    })
  })
}

import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import {
  DAY_MS,
  HOUR_MS,
  HUNDRED,
  openMany,
  NOW as START,
  type Subject,
  storedFacts,
  waitingClip,
} from './catalog-subject.ts'

const span = { from: START, to: START + 4 * HOUR_MS, stepMs: HOUR_MS }

async function stagedClip(catalog: Catalog, stagedAt: number): Promise<string> {
  const created = {
    createdAt: stagedAt - 500,
    expiresAt: stagedAt + HOUR_MS,
    leaseOwner: null,
    leaseExpiresAt: null,
  }
  return (await waitingClip(catalog, { created, staged: { stagedAt, sizeBytes: 1000 } })).id
}

async function storedClip(catalog: Catalog, stagedAt: number, tookMs: number, provider: string) {
  const id = await stagedClip(catalog, stagedAt)
  await catalog.clips.store(id, { ...storedFacts, provider, storedAt: stagedAt + tookMs })
  return id
}

type Try = { clipId: string; startedAt: number; outcome: 'stored' | 'failed'; trigger: 'request' | 'cron' }
async function tried({ attempts }: Catalog, { outcome, ...attempt }: Try) {
  const id = await attempts.begin({ ...attempt, provider: 'pinata' })
  await attempts.end(id, 'pinata', { outcome, durationMs: 5 })
}

/** What has happened over time, in every catalog. */
export function describeStats({ prepare }: Subject) {
  async function filled(): Promise<Catalog> {
    const catalog = (await prepare())()
    const first = await storedClip(catalog, START + 1000, 40, 'pinata')
    await storedClip(catalog, START + 2000, 1234, 'pinata')
    await storedClip(catalog, START + HOUR_MS, 70_000, 'kubo')
    const waiting = await stagedClip(catalog, START + 2 * HOUR_MS)
    const failed = { clipId: waiting, outcome: 'failed', trigger: 'cron' } as const
    await tried(catalog, { clipId: first, startedAt: START + 1000, outcome: 'stored', trigger: 'request' })
    await tried(catalog, { ...failed, startedAt: START + 2 * HOUR_MS, trigger: 'request' })
    await tried(catalog, { ...failed, startedAt: START + 3 * HOUR_MS - 1 })
    await tried(catalog, { ...failed, startedAt: span.to })
    return catalog
  }

  describe('the stats', () => {
    it('count tries by step, provider and whether a caller waited, up to the end of the span', async () => {
      const catalog = await filled()
      const provider = 'pinata'
      expect(await catalog.stats.attempts(span)).toEqual([
        { step: 0, provider, isBackground: false, stored: 1, failed: 0 },
        { step: 2, provider, isBackground: false, stored: 0, failed: 1 },
        { step: 2, provider, isBackground: true, stored: 0, failed: 1 },
      ])
    })

    it('say how long clips took from staged to IPFS, to a few percent', async () => {
      const catalog = await filled()
      const times = (await catalog.stats.timesToIpfs(span)).toSorted((a, b) => a.ms - b.ms)
      expect(times).toEqual([
        { step: 0, provider: 'pinata', ms: 40, clips: 1 },
        { step: 0, provider: 'pinata', ms: 1200, clips: 1 },
        { step: 1, provider: 'kubo', ms: 70_000, clips: 1 },
      ])
    })

    it('count the clips of a time by the state that they are in now', async () => {
      const catalog = await filled()
      expect(await catalog.stats.states(span)).toEqual({ stored: 3, expired: 0, waiting: 1 })
      const later = { ...span, from: START + 2 * HOUR_MS }
      expect(await catalog.stats.states(later)).toEqual({ stored: 0, expired: 0, waiting: 1 })
    })

    it('follow a clip from state to state, and count one that was deleted in none', async () => {
      const catalog = await filled()
      const clips = await Promise.all([1, 2].map(() => stagedClip(catalog, START + 1000)))
      const [lost = '', deleted = ''] = clips
      await catalog.clips.expire(lost, { error: 'late', now: START + 2 * HOUR_MS })
      expect(await catalog.stats.states(span)).toEqual({ stored: 3, expired: 1, waiting: 2 })
      await catalog.deletions.request(deleted, { by: 'maker', now: START + 2 * HOUR_MS })
      expect(await catalog.stats.states(span)).toEqual({ stored: 3, expired: 1, waiting: 1 })
    })

    it('are the same by short steps, until these are too old to be shown', async () => {
      const catalog = await filled()
      const short = { ...span, stepMs: 75_000 }
      const attempts = await catalog.stats.attempts(short)
      expect(attempts.map(({ step, stored, failed }) => [step, stored, failed])).toEqual([
        [0, 1, 0],
        [96, 0, 1],
        [143, 0, 1],
      ])
      expect(await catalog.stats.states(short)).toEqual(await catalog.stats.states(span))
      await catalog.stats.sample(START + 4 * HOUR_MS, START)
      expect((await catalog.stats.attempts(short)).map(({ step }) => step)).toEqual([96, 143])
      expect(await catalog.stats.attempts(span)).toHaveLength(3)
      await catalog.stats.sample(START + 4 * HOUR_MS + 1, START + HOUR_MS)
      expect((await catalog.stats.attempts(span)).map(({ step }) => step)).toEqual([2, 2])
    })

    it('are whole over a month, however many statements that takes', async () => {
      const catalog = await filled()
      const month = { from: span.to - 30 * DAY_MS, to: span.to, stepMs: 15 * HOUR_MS }
      for (const days of [30, 29, 20, 10]) await storedClip(catalog, span.to - days * DAY_MS, 40, 'pinata')
      expect(await catalog.stats.states(month)).toEqual({ stored: 7, expired: 0, waiting: 1 })
      const times = await catalog.stats.timesToIpfs(month)
      expect(times.map(({ step, provider, ms }) => [step, provider, ms])).toEqual([
        [0, 'pinata', 40],
        [1, 'pinata', 40],
        [16, 'pinata', 40],
        [32, 'pinata', 40],
        [47, 'kubo', 70_000],
        [47, 'pinata', 40],
        [47, 'pinata', 1200],
      ])
    })

    it('lose nothing that many count at once', async () => {
      const at = await openMany({ title: '', prepare })
      const catalog = at(0)
      const ids = await Promise.all(HUNDRED.slice(80).map(() => stagedClip(catalog, START)))
      await Promise.all(
        ids.map((id, index) =>
          at(index).clips.store(id, { ...storedFacts, provider: 'pinata', storedAt: START + 30 }),
        ),
      )
      expect(await catalog.stats.states(span)).toEqual({ stored: 20, expired: 0, waiting: 0 })
      expect(await catalog.stats.timesToIpfs(span)).toEqual([
        { step: 0, provider: 'pinata', ms: 30, clips: 20 },
      ])
    })

    it('refuse a span for which no sums are kept', async () => {
      const catalog = await filled()
      await expect(catalog.stats.states({ ...span, stepMs: 1000 })).rejects.toThrow('no sums by 1000 ms')
    })

    it('keep samples of the totals, and delete the old ones', async () => {
      const catalog = await filled()
      await catalog.stats.sample(START, 0)
      await catalog.stats.sample(START + HOUR_MS, START + 1)
      expect(await catalog.stats.samples(span)).toEqual([
        { takenAt: START + HOUR_MS, heldClips: 4, heldBytes: 4000, waitingClips: 1 },
      ])
    })
  })
}

import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import { type CatalogEvent, createCatalogEvents } from '#lib/catalog/events.ts'
import { newClipId } from '#lib/model/clip.ts'
import {
  HOUR_MS,
  NOW,
  newClip,
  noLimit,
  type Subject,
  stagedFacts,
  storedClip,
  storedFacts,
  waitingClip,
} from './catalog-subject.ts'

const lease = { leaseOwner: 'me', leaseExpiresAt: NOW + 1000 }
const round = { leaseOwner: 'me', error: 'no', lastRoundAt: NOW, nextAttemptAt: NOW + 2000 }
const late = { error: 'late', now: NOW + HOUR_MS }

/** Which events every catalog emits, and when. */
export function describeEvents({ prepare }: Subject) {
  /** A catalog with `record`, which runs some of its calls and returns what was emitted meanwhile. */
  async function recorded() {
    const events = createCatalogEvents({ onError() {} })
    const catalog = (await prepare({ events }))()
    const emitted: CatalogEvent[] = []
    events.subscribe((event) => emitted.push(event))
    const record = async (...calls: (() => Promise<unknown>)[]) => {
      emitted.length = 0
      for (const call of calls) await call()
      return [...emitted]
    }
    return { catalog, record }
  }

  describe('the events', () => {
    it('tell of each transition of a clip, with its record as it is then', async () => {
      const { catalog, record } = await recorded()
      const { clips, queue } = catalog
      const { id } = newClip()
      const emitted = await record(
        () => clips.reserve(newClip({ id }), noLimit),
        () => clips.stage(id, stagedFacts(lease)),
        () => clips.postpone(id, round),
        () => queue.claim({ limit: 1, now: NOW + 5000, lease: owned('me'), dueOnly: true }),
        () => queue.release('me', id),
        () => clips.store(id, storedFacts),
      )
      const stored = await clips.find(id)
      expect(emitted).toEqual([
        { type: 'reserved', clipId: id },
        { type: 'staged', clipId: id, clip: expect.objectContaining({ id, state: 'staged', ...lease }) },
        { type: 'postponed', clipId: id, nextAttemptAt: NOW + 2000 },
        { type: 'released', clipId: id },
        { type: 'stored', clipId: id, clip: stored },
      ])
    })

    it('tell of the other ends of a clip: settled at once, expired, or discarded', async () => {
      const { catalog, record } = await recorded()
      const { clips } = catalog
      const [settled, discarded] = [newClip(), newClip()]
      await clips.reserve(settled, noLimit)
      await clips.reserve(discarded, noLimit)
      const { id: expired } = await waitingClip(catalog)
      const emitted = await record(
        () => clips.settle(settled.id, { staged: stagedFacts(), stored: storedFacts, hasLocalBytes: false }),
        () => clips.expire(expired, late),
        () => clips.discard(discarded.id),
      )
      expect(emitted).toEqual([
        { type: 'settled', clipId: settled.id, clip: await clips.find(settled.id) },
        { type: 'expired', clipId: expired, clip: await clips.find(expired) },
        { type: 'discarded', clipId: discarded.id, clip: expect.objectContaining({ id: discarded.id }) },
      ])
    })

    it('call superseded what came too late to change a clip', async () => {
      const { catalog, record } = await recorded()
      const { clips } = catalog
      const { id } = await storedClip(catalog)
      const unknown = newClipId()
      const emitted = await record(
        () => clips.stage(unknown, stagedFacts()),
        () => clips.store(id, storedFacts),
        () => clips.settle(id, { staged: stagedFacts(), stored: storedFacts, hasLocalBytes: false }),
        () => clips.postpone(id, round),
        () => clips.expire(id, late),
      )
      expect(emitted).toEqual([unknown, id, id, id, id].map((clipId) => ({ type: 'superseded', clipId })))
    })

    it('tell of each try, and not of the end of one that is not recorded', async () => {
      const { catalog, record } = await recorded()
      const { attempts } = catalog
      const { id: clipId } = await waitingClip(catalog)
      const end = { outcome: 'failed', durationMs: 5, statusCode: 500, error: 'no' } as const
      const emitted = await record(async () => {
        const attempt = { clipId, provider: 'pinata', trigger: 'cron', startedAt: NOW } as const
        await attempts.end(await attempts.begin(attempt), 'pinata', end)
        await attempts.end(0, 'pinata', end)
      })
      expect(emitted).toEqual([
        { type: 'attempt_begun', clipId, provider: 'pinata' },
        { type: 'attempt_ended', clipId, provider: 'pinata', ...end },
      ])
    })

    it('tell when replicas and webhooks are due', async () => {
      const { catalog, record } = await recorded()
      const { replications, webhooks } = catalog
      const { id } = await storedClip(catalog)
      const emitted = await record(
        () => replications.want(2, NOW + 1),
        () => replications.want(2, NOW + 2, id),
        () => replications.postpone(id, { error: null, nextAttemptAt: NOW + 3, hasFailed: false }),
        () => webhooks.postpone('msg', { error: 'no', nextAttemptAt: NOW + 4 }),
      )
      expect(emitted).toEqual([
        { type: 'replication_due', dueAt: NOW + 1 },
        { type: 'replication_due', dueAt: NOW + 2 },
        { type: 'replication_due', dueAt: NOW + 3 },
        { type: 'webhook_due', dueAt: NOW + 4 },
      ])
    })

    it('tell nothing of what fails, of what is refused, or of what concerns no single clip', async () => {
      const { catalog, record } = await recorded()
      const { clips, queue, attempts } = catalog
      const { id } = await waitingClip(catalog)
      const emitted = await record(
        () => clips.reserve(newClip({ sizeBytes: 1001 }), 1000),
        () =>
          expect(clips.reserve(newClip({ voiceId: null as unknown as string }), noLimit)).rejects.toThrow(),
        () => clips.find(id),
        () => clips.markBytesDeleted(id),
        () => queue.claim({ limit: 1, now: NOW + 5000, lease: owned('me'), dueOnly: false }),
        () => queue.renew(id, owned('me')),
        () => queue.release('me'),
        () => attempts.prune(NOW),
      )
      expect(emitted).toEqual([])
    })

    it('are emitted once committed: another connection sees the change that each listener gets', async () => {
      const events = createCatalogEvents({ onError() {} })
      const connect = await prepare({ events })
      const [catalog, observer] = [connect(), connect()]
      await observer.check()
      const seen: Promise<string | undefined>[] = []
      events.subscribe((event) => {
        if ('clipId' in event) seen.push(observer.clips.find(event.clipId).then((clip) => clip?.state))
      })
      await fullLife(catalog)
      expect(await Promise.all(seen)).toHaveLength(5)
      // Each was asked for at the moment that the event came, and may find a later state, never an earlier one.
      expect(await seen[0]).toBeDefined()
      expect(await seen.at(-1)).toBe('stored')
    })

    it('change no result and throw into no call, whatever a listener does', async () => {
      const errors: unknown[] = []
      const events = createCatalogEvents({ onError: (error) => errors.push(error) })
      events.subscribe(() => {
        throw new Error('This listener fails')
      })
      const catalog = (await prepare({ events }))()
      await fullLife(catalog)
      expect(errors).toHaveLength(5)
    })
  })
}

const owned = (owner: string) => ({ owner, expiresAt: NOW + 60_000 })

async function fullLife({ clips, attempts }: Catalog) {
  const clip = newClip()
  expect(await clips.reserve(clip, noLimit)).toBe(true)
  expect(await clips.stage(clip.id, stagedFacts())).toMatchObject({ state: 'staged' })
  const attempt = await attempts.begin({
    clipId: clip.id,
    provider: 'pinata',
    trigger: 'request',
    startedAt: NOW,
  })
  expect(await attempts.end(attempt, 'pinata', { outcome: 'stored', durationMs: 1 })).toBe(clip.id)
  expect(await clips.store(clip.id, storedFacts)).toBe(true)
}

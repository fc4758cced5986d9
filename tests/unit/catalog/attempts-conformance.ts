import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import { NOW, type Subject, storedClip, storedFacts, waitingClip } from './catalog-subject.ts'

async function begin({ attempts }: Catalog, clipId: string, provider = 'pinata', startedAt = NOW) {
  return attempts.begin({ clipId, provider, trigger: 'request', startedAt })
}

/** The log of attempts of every catalog. */
export function describeAttempts({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the log of attempts', () => {
    it('has a try from its beginning, and how it ended', async () => {
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
      const counters = await catalog.counters.read()
      expect(counters).toMatchObject({ attempts_failed: { pinata: 2 }, attempts_stored: { pinata: 1 } })
    })

    it.each([true, false])(
      'ends a try together with the clip that it has stored, once (it is new: %s)',
      async (isNew) => {
        const catalog = await open()
        const { id } = isNew ? await waitingClip(catalog) : await storedClip(catalog)
        const end = { outcome: 'stored', durationMs: 90 } as const
        const attempt = { id: await begin(catalog, id), provider: 'pinata', end }
        expect(await catalog.clips.store(id, storedFacts, attempt)).toBe(isNew)
        expect(await catalog.attempts.ofClip(id)).toMatchObject([end])
        expect(await catalog.counters.read()).toMatchObject({
          attempts_stored: { pinata: 1 },
          clips_stored: { pinata: 1 },
        })
      },
    )

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
      const ambiguous = await catalog.attempts.ambiguousProviders(id)
      expect(ambiguous.sort()).toEqual(['answer lost', 'broken off', 'first lost, then refused', 'stored'])
      const { id: other } = await waitingClip(catalog)
      expect(await catalog.attempts.ambiguousProviders(other)).toEqual([])
    })

    it('deletes old tries of stored clips, and keeps those of clips that wait', async () => {
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

    it('deletes more old tries than one statement may, and none of a clip that waits', async () => {
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
}

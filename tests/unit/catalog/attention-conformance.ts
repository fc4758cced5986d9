import { describe, expect, it } from 'vitest'
import { HOUR_MS, NOW, provenClip, type Subject, storedClip, waitingClip } from './catalog-subject.ts'

/** What needs an operator, in every catalog. */
export function describeAttention({ prepare }: Subject) {
  describe('what needs an operator', () => {
    it('is when the first of the waiting clips ends, and how many there are, up to a limit', async () => {
      const catalog = (await prepare())()
      expect(await catalog.attention.ending(10)).toEqual({ clips: 0, firstAt: undefined })
      for (const hours of [3, 1, 2]) {
        await waitingClip(catalog, { created: { expiresAt: NOW + hours * HOUR_MS } })
      }
      await storedClip(catalog)
      expect(await catalog.attention.ending(10)).toEqual({ clips: 3, firstAt: NOW + HOUR_MS })
      expect(await catalog.attention.ending(2)).toEqual({ clips: 2, firstAt: NOW + HOUR_MS })
    })

    it('is how many clips are past their time and delivered by nobody', async () => {
      const catalog = (await prepare())()
      await provenClip(catalog)
      await storedClip(catalog)
      await storedClip(catalog)
      expect(await catalog.attention.countOverdueProofs(NOW, 10)).toBe(0)
      expect(await catalog.attention.countOverdueProofs(NOW + HOUR_MS, 10)).toBe(2)
      expect(await catalog.attention.countOverdueProofs(NOW + HOUR_MS, 1)).toBe(1)
    })

    it('is why a provider failed last', async () => {
      const catalog = (await prepare())()
      const { id: clipId } = await waitingClip(catalog)
      const tried = async (
        startedAt: number,
        provider: string,
        statusCode: number,
        outcome: 'stored' | 'failed',
      ) => {
        const id = await catalog.attempts.begin({ clipId, provider, trigger: 'request', startedAt })
        const error = outcome === 'failed' ? `HTTP ${statusCode}` : undefined
        await catalog.attempts.end(id, provider, { outcome, durationMs: 5, statusCode, error })
      }
      await tried(NOW, 'pinata', 503, 'failed')
      await tried(NOW + 1000, 'pinata', 401, 'failed')
      await tried(NOW + 2000, 'pinata', 200, 'stored')
      await tried(NOW + 2000, 'kubo', 500, 'failed')
      expect(await catalog.attention.latestFailure('pinata', NOW)).toEqual({
        startedAt: NOW + 1000,
        statusCode: 401,
        error: 'HTTP 401',
      })
      expect(await catalog.attention.latestFailure('pinata', NOW + 1001)).toBeUndefined()
    })
  })
}

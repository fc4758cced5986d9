import { describe, expect, it } from 'vitest'
import type { NewSpeechAttempt } from '#lib/catalog/speech-attempts.ts'
import { DAY_MS, HOUR_MS, NOW, type Subject } from './catalog-subject.ts'

const attempt = (changes: Partial<NewSpeechAttempt> = {}): NewSpeechAttempt => ({
  vendor: 'elevenlabs',
  clipId: null,
  characters: 10,
  startedAt: NOW,
  firstByteMs: 234,
  durationMs: 1500,
  outcome: 'spoken',
  error: null,
  ...changes,
})
const failed = { outcome: 'quota_exceeded', firstByteMs: null, error: 'Its quota is used up' }

/** The log of attempts at speech vendors, in every catalog. */
export function describeSpeechAttempts({ prepare }: Subject) {
  const open = async () => (await prepare())()
  const span = { from: NOW, to: NOW + HOUR_MS, stepMs: HOUR_MS }

  describe('the log of speech', () => {
    it('counts attempts by vendor and outcome, and says when the first byte came', async () => {
      const { speechAttempts } = await open()
      const attempts = [
        attempt(),
        attempt({ characters: 5 }),
        attempt(failed),
        attempt({ startedAt: NOW - 1 }),
      ]
      for (const each of attempts) await speechAttempts.record(each)
      expect(await speechAttempts.counts(span)).toEqual([
        { vendor: 'elevenlabs', outcome: 'quota_exceeded', attempts: 1, characters: 10 },
        { vendor: 'elevenlabs', outcome: 'spoken', attempts: 2, characters: 15 },
      ])
      expect(await speechAttempts.firstByteTimes(span)).toEqual([
        { vendor: 'elevenlabs', ms: 225, attempts: 2 },
      ])
    })

    it('sums up a month, however many statements that takes', async () => {
      const { speechAttempts } = await open()
      const month = { from: span.to - 30 * DAY_MS, to: span.to, stepMs: 15 * HOUR_MS }
      for (const days of [30, 20, 10]) {
        await speechAttempts.record(attempt({ startedAt: span.to - days * DAY_MS }))
      }
      expect(await speechAttempts.firstByteTimes(month)).toMatchObject([
        { vendor: 'elevenlabs', attempts: 3 },
      ])
      expect(await speechAttempts.counts(month)).toMatchObject([{ outcome: 'spoken', attempts: 3 }])
    })

    it('lists the latest failures, and none that was wrong or cancelled', async () => {
      const { speechAttempts } = await open()
      await speechAttempts.record(attempt())
      await speechAttempts.record(attempt({ outcome: 'refused' }))
      for (const startedAt of [NOW + 1, NOW + 3, NOW + 2]) {
        await speechAttempts.record(attempt({ ...failed, startedAt }))
      }
      const failures = await speechAttempts.latestFailures({ from: NOW, limit: 2 })
      expect(failures.map(({ startedAt, error }) => [startedAt, error])).toEqual([
        [NOW + 3, failed.error],
        [NOW + 2, failed.error],
      ])
    })

    it('adds to sums that outlive it', async () => {
      const { speechAttempts, counters } = await open()
      await speechAttempts.record(attempt())
      await speechAttempts.record(attempt({ outcome: 'timeout', firstByteMs: null }))
      expect(await speechAttempts.prune(NOW + 1)).toBe(2)
      expect(await speechAttempts.counts(span)).toMatchObject([
        { outcome: 'spoken', attempts: 1 },
        { outcome: 'timeout', attempts: 1 },
      ])
      expect(await counters.read()).toMatchObject({
        speech_requests: { 'elevenlabs spoken': 1, 'elevenlabs timeout': 1 },
        speech_characters: { elevenlabs: 10 },
        characters_lost: { given_up: 10 },
        speech_first_byte_bucket: { 'elevenlabs 0.25': 1 },
        speech_duration_sum: { elevenlabs: 1.5 },
      })
    })
  })
}

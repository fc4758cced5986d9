import { isFault } from '#lib/catalog/speech-attempts.ts'
import type { Services } from '#lib/context.ts'
import type { SpeechAttempt } from '#lib/speech/chain/attempt.ts'

type Recorded = Pick<Services, 'catalog' | 'log' | 'scrub' | 'tasks'>

/** Counts and logs an attempt at a speech vendor. Returns at once, and never throws. */
export function recordSpeech({ catalog, log, scrub, tasks }: Recorded, attempt: SpeechAttempt): void {
  const { vendor, clipId, outcome, durationMs } = attempt
  const error = attempt.error === undefined ? null : scrub(attempt.error)
  if (isFault(outcome)) log.warn({ vendor, clipId, outcome, durationMs, error }, 'A speech vendor failed')
  const row = { ...attempt, clipId: clipId ?? null, firstByteMs: attempt.firstByteMs ?? null, error }
  tasks.track(catalog.speechAttempts.record(row)).catch((failure: unknown) => {
    log.warn({ err: failure, vendor, outcome }, 'An attempt at a speech vendor could not be counted')
  })
}

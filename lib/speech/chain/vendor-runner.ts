import type { ReadableStream } from 'node:stream/web'
import { ServiceError } from '#lib/model/errors.ts'
import { type Breaker, createBreaker } from '#lib/platform/breaker.ts'
import { type Clock, NOT_NEEDED } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'
import { watchEnd } from '#lib/speech/audio-stream.ts'
import { vendorTitles } from '#lib/speech/fit-request.ts'
import { MAX_RETRY_AFTER_MS } from '#lib/speech/http/retry.ts'
import type { SpeakOptions, Speech, SpeechRequest, SpokenAudio } from '#lib/speech/speech.ts'
import { outcomeOf, type SpeechAttempt } from './attempt.ts'

/** For so long a vendor is left alone that refuses the credentials or whose quota is used up. */
const REFUSED_COOL_DOWN_MS = 60_000

export const QUOTA_USED_UP = 'Its quota is used up'

const notes: { readonly [code: string]: string } = {
  speech_quota_exceeded: QUOTA_USED_UP,
  speech_credentials_refused: 'It refuses the credentials',
}

/** One vendor in the chain, and its breaker. */
export interface VendorRunner {
  readonly speech: Speech
  readonly breaker: Breaker
  /** What an operator must do something about. */
  readonly note: string | undefined
  /**
   * One attempt, once there is a slot for it.
   *
   * @throws ServiceError, or the reason of the signal
   */
  speak(request: SpeechRequest, options: SpeakOptions): Promise<SpokenAudio>
}

interface RunnerOptions {
  clock: Clock
  /** Bounds how many attempts there are at once. */
  limit: (speech: Speech) => Speech
  /** Gets each attempt once it is over. Must not throw. */
  onAttempt: (attempt: SpeechAttempt) => void
  /** Is called when `note` changes. */
  onNote: (vendor: SpeechAttempt['vendor'], note: string | undefined) => void
  /** Is called after each change of the breaker that other instances should adopt. */
  onChange: () => void
}

export function createVendorRunner(speech: Speech, options: RunnerOptions): VendorRunner {
  const { clock, onAttempt, onNote, onChange } = options
  const { name } = speech.vendor
  const breaker = createBreaker({ now: () => clock.now(), maxRetryAfterMs: MAX_RETRY_AFTER_MS, onChange })
  let note: string | undefined

  function setNote(next: string | undefined) {
    if (note === next) return
    note = next
    onNote(name, next)
  }

  /** What an error before the first byte says of the vendor. */
  function learn(error: ServiceError, wasProbe: boolean) {
    setNote(notes[error.code] ?? note)
    if (outcomeOf(error.code) === 'refused') return wasProbe ? breaker.answered() : undefined
    const retryAfterMs = notes[error.code] ? REFUSED_COOL_DOWN_MS : error.retryAfterMs
    // Each call has been retried already: two that fail are enough.
    breaker.failed({ isUnreachable: true, retryAfterMs }, { wasProbe })
  }

  async function attempt(
    request: SpeechRequest,
    { firstByteTimeoutMs, ...speakOptions }: SpeakOptions,
  ): Promise<SpokenAudio> {
    const wasProbe = breaker.beginProbe()
    const startedAt = clock.now()
    const elapsedMs = () => Math.max(0, clock.now() - startedAt)
    const about = {
      vendor: name,
      clipId: speakOptions.clipId,
      characters: [...request.text].length,
      startedAt,
    }
    try {
      const spoken = await withinFirstByte(speech, request, { ...speakOptions, firstByteTimeoutMs, clock })
      // That it begins does not prove that it comes to an end.
      breaker.answered()
      setNote(undefined)
      const firstByteMs = elapsedMs()
      const end = (how: Pick<SpeechAttempt, 'outcome' | 'error'>) => {
        if (how.outcome === 'spoken') breaker.succeeded()
        else if (how.outcome !== 'cancelled') breaker.failed({ isUnreachable: true }, { wasProbe: false })
        onAttempt({ ...about, firstByteMs, durationMs: elapsedMs(), ...how })
      }
      return { ...spoken, audio: observed(spoken.audio, end, speakOptions.signal) }
    } catch (error) {
      if (ServiceError.isInstance(error) && !speakOptions.signal.aborted) learn(error, wasProbe)
      const outcome = ServiceError.isInstance(error) ? outcomeOf(error.code) : 'cancelled'
      const failed = { outcome, error: describeError(error), firstByteMs: undefined }
      onAttempt({ ...about, ...failed, durationMs: elapsedMs() })
      throw error
    }
  }

  const limited = options.limit({ ...speech, speak: attempt })
  return {
    speech,
    breaker,
    get note() {
      return note
    },
    speak: (request, speakOptions) => limited.speak(request, speakOptions),
  }
}

/** The attempt, cancelled where it has not begun within `firstByteTimeoutMs`: what the vendor does then is lost. */
async function withinFirstByte(
  speech: Speech,
  request: SpeechRequest,
  {
    firstByteTimeoutMs,
    clock,
    ...options
  }: SpeakOptions & { firstByteTimeoutMs: number | undefined; clock: Clock },
): Promise<SpokenAudio> {
  if (firstByteTimeoutMs === undefined) return speech.speak(request, options)
  const tooLate = new AbortController()
  const timer = new AbortController()
  const giveUp = () =>
    tooLate.abort(
      new ServiceError(
        'speech_timeout',
        `No audio from ${vendorTitles[speech.vendor.name]} within ${firstByteTimeoutMs} ms`,
      ),
    )
  clock.sleep(firstByteTimeoutMs, timer.signal).then(giveUp, () => {})
  try {
    return await speech.speak(request, {
      ...options,
      signal: AbortSignal.any([options.signal, tooLate.signal]),
    })
  } finally {
    timer.abort(NOT_NEEDED)
  }
}

/** The same audio; `end` is called once with how it ended. */
function observed(
  audio: ReadableStream<Uint8Array>,
  end: (how: Pick<SpeechAttempt, 'outcome' | 'error'>) => void,
  signal: AbortSignal,
) {
  return watchEnd(audio, {
    onEnd: () => end({ outcome: 'spoken' }),
    onCancel: () => end({ outcome: 'cancelled' }),
    onError: (error) =>
      end({
        outcome: signal.aborted || !ServiceError.isInstance(error) ? 'cancelled' : outcomeOf(error.code),
        error: describeError(error),
      }),
  })
}

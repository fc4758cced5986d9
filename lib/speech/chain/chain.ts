import type { SpeechVendorName } from '#lib/config/speech.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { BreakerSync } from '#lib/redis/breaker-sync.ts'
import { canStandIn, fitRequest } from '#lib/speech/fit-request.ts'
import type { SpeakOptions, Speech, SpeechChain, SpeechRequest, SpokenAudio } from '#lib/speech/speech.ts'
import { outcomeOf, type SpeechAttempt } from './attempt.ts'
import { createVendorRunner, QUOTA_USED_UP, type VendorRunner } from './vendor-runner.ts'
import type { VoiceMap } from './voice-map.ts'

export interface ChainOptions {
  /** In their order: the first one is the one that callers want. */
  vendors: readonly [Speech, ...Speech[]]
  voiceMap: VoiceMap
  clock: Clock
  /** Bounds how many texts a vendor speaks at once. */
  limit?: (speech: Speech) => Speech
  /** For one text, from the call to its last byte, however many vendors are asked. */
  timeoutMs: number
  /** After this a vendor that has not begun gives way, where there is another one. */
  firstByteTimeoutMs: number
  onAttempt?: (attempt: SpeechAttempt) => void
  onNote?: (vendor: SpeechVendorName, note: string | undefined) => void
  /** Shares the breakers' states with the other instances. */
  breakerSync?: BreakerSync
}

interface Failure {
  runner: VendorRunner
  error: ServiceError
}

/**
 * Has a text spoken by the first vendor, and by the next ones in its place while it cannot: as long as not a byte of audio
 * has come, one that is out of quota, overloaded, unreachable, too slow, refuses the credentials or answers nonsense gives
 * way. Those whose breaker is open are asked last. A request that the first vendor finds wrong is the caller's fault, and
 * nobody else is asked; nor is anyone for work in the background, such as a piece of a script, whose voice would change.
 *
 * Its `vendor` is the first one, and so are its voices.
 */
export function createSpeechChain(options: ChainOptions): SpeechChain {
  const { vendors, voiceMap, clock, firstByteTimeoutMs, breakerSync } = options
  const runners = vendors.map((speech) => {
    const onChange = () => breakerSync?.publish(speech.vendor.name, runner.breaker.snapshot())
    const { onAttempt = () => {}, onNote = () => {}, limit = (unlimited) => unlimited } = options
    const runner: VendorRunner = createVendorRunner(speech, { clock, limit, onAttempt, onNote, onChange })
    return runner
  })
  const [wanted] = runners as [VendorRunner, ...VendorRunner[]]
  const names = runners.map(({ speech }) => speech.vendor.name)
  breakerSync?.subscribe(names, (name, snapshot) =>
    runners.find(({ speech }) => speech.vendor.name === name)?.breaker.adopt(snapshot),
  )

  /** Those that can speak `request`, the ones with an open breaker last. */
  function candidatesFor(request: SpeechRequest): VendorRunner[] {
    const isResting = ({ breaker }: VendorRunner) => Number(breaker.state() === 'open')
    return runners
      .filter((runner) => runner === wanted || canStandIn(runner.speech.vendor, request))
      .toSorted((a, b) => isResting(a) - isResting(b))
  }

  async function speakWith(
    runner: VendorRunner,
    asked: SpeechRequest,
    speakOptions: SpeakOptions,
  ): Promise<SpokenAudio> {
    const { vendor } = runner.speech
    const isStandIn = runner !== wanted
    const { request, warnings } = fitRequest(vendor, inPlaceOf(asked, vendor, isStandIn), { isStandIn })
    const spoken = await runner.speak(request, speakOptions)
    const all = [...warnings, ...(spoken.warnings ?? [])]
    return all.length > 0 ? { ...spoken, warnings: all } : spoken
  }

  /** The request as `vendor` is to get it: a stand-in has other voices and models, and speaks in the same format. */
  function inPlaceOf(request: SpeechRequest, vendor: Speech['vendor'], isStandIn: boolean): SpeechRequest {
    const voiceId = voiceMap.voiceFor(request.voiceId, vendor.name)
    if (!isStandIn) return { ...request, voiceId: voiceId ?? request.voiceId }
    const { outputFormat } = wanted.speech.vendor.defaults
    return {
      ...request,
      voiceId: voiceId ?? vendor.exampleVoiceId,
      modelId: undefined,
      outputFormat: request.outputFormat ?? outputFormat,
    }
  }

  return {
    vendor: wanted.speech.vendor,
    account: wanted.speech.account,
    voices: (voicesOptions) => wanted.speech.voices(voicesOptions),
    close: async () => void (await Promise.all(vendors.map((speech) => speech.close()))),
    states: () =>
      runners.map(({ speech, breaker, note }) => ({
        vendor: speech.vendor.name,
        breaker: breaker.state(),
        isQuotaUsedUp: note === QUOTA_USED_UP,
        ...(note !== undefined && { note }),
      })),

    async speak(request, speakOptions) {
      const { signal } = speakOptions
      // Nobody waits for work in the background: it may have waited for its slot for long, and waits for the wanted vendor.
      const hasDeadline = speakOptions.priority !== 'background'
      const deadline = clock.now() + options.timeoutMs
      // What the wanted vendor cannot take is refused, whoever would be asked now.
      fitRequest(wanted.speech.vendor, request)
      const candidates = hasDeadline ? candidatesFor(request) : [wanted]
      const failures: Failure[] = []
      for (const [index, runner] of candidates.entries()) {
        const timeoutMs = hasDeadline ? deadline - clock.now() : options.timeoutMs
        if (timeoutMs <= 0) break
        const isLast = index === candidates.length - 1
        try {
          const isPatient = isLast || sendsWhole(runner, request)
          const limits = { timeoutMs, firstByteTimeoutMs: isPatient ? undefined : firstByteTimeoutMs }
          return await speakWith(runner, request, { ...speakOptions, ...limits })
        } catch (error) {
          if (signal.aborted || !ServiceError.isInstance(error)) throw error
          if (runner === wanted && outcomeOf(error.code) === 'refused') throw error
          failures.push({ runner, error })
        }
      }
      throw failureOf(failures, wanted)
    },
  }
}

/** Its first byte says nothing of how fast the vendor is, but how long the text is. */
function sendsWhole({ speech: { vendor } }: VendorRunner, { outputFormat }: SpeechRequest): boolean {
  return vendor.sendsWhole?.(outputFormat ?? vendor.defaults.outputFormat) ?? false
}

/** What the wanted vendor said, with what all others said. */
function failureOf(failures: readonly Failure[], wanted: VendorRunner): Error {
  const main = failures.find(({ runner }) => runner === wanted) ?? failures[0]
  if (!main || failures.length === 1)
    return main?.error ?? new ServiceError('speech_timeout', 'No speech vendor answered in time')
  const { code, message, retryAfterMs } = main.error
  const others = failures.filter((failure) => failure !== main).map(({ error }) => error.message)
  return new ServiceError(code, [message, ...others].join('. '), {
    cause: main.error,
    retryAfterMs,
    providers: failures.map(({ runner, error }) => ({
      provider: runner.speech.vendor.name,
      attempts: 1,
      error: error.message,
    })),
  })
}

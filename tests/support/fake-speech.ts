import { ReadableStream } from 'node:stream/web'
import { type Alignment, alignmentOf } from '#lib/captions/alignment.ts'
import type {
  SpeakOptions,
  SpeechChain,
  SpeechRequest,
  SpokenAudio,
  VendorState,
} from '#lib/speech/speech.ts'
import { speechMp3 } from './stub-vendors/audio.ts'

/** Each word of `text` for as long as its share of it. */
function alignedWords(text: string, durationMs: number): Alignment | undefined {
  const timeAt = (at: number) => (durationMs * at) / text.length
  const spans = [...text.matchAll(/\S+/g)].map(({ 0: word, index: start }) => {
    const end = start + word.length
    return { start, end, startMs: timeAt(start), endMs: timeAt(end) }
  })
  return alignmentOf(text, 'word', spans)
}

/** What a fake voice does: it speaks, fails at once, or breaks after so many bytes. */
export type SpeechBehaviour = 'speak' | Error | { breaksAfterBytes: number; error: Error }

/** A voice that speaks MP3 in no time. The same text gives the same bytes, another one others. */
export class FakeSpeech implements SpeechChain {
  get vendor() {
    return {
      name: 'local',
      defaults: { modelId: 'eleven_multilingual_v2', outputFormat: 'mp3_44100_128' },
      exampleVoiceId: 'slt',
      fields: {},
      hasTimestamps: this.hasTimestamps,
    } as const
  }
  /** Whether it can say when which word is spoken. */
  hasTimestamps = false
  /** What else it says of its audio. */
  facts: Partial<SpokenAudio> = {}
  /** In how large pieces its audio comes. */
  chunkBytes = 500
  /** How long each clip lasts. */
  durationMs = 100
  speaking: SpeechBehaviour = 'speak'
  /** What a request waits for before it is its turn. */
  waitForSlot: () => void | Promise<void> = () => {}
  /** Called before each chunk, with the number of bytes so far. */
  beforeChunk: (sizeBytes: number) => void | Promise<void> = () => {}
  cancelled = 0
  isClosed = false

  async speak(
    { text, voiceId, outputFormat = 'mp3_44100_128', modelId = 'local', timestamps }: SpeechRequest,
    { beforeSpeaking }: Pick<SpeakOptions, 'beforeSpeaking'> = {},
  ): Promise<SpokenAudio> {
    await this.waitForSlot()
    await beforeSpeaking?.()
    if (this.speaking instanceof Error) throw this.speaking
    const spokenBy = { vendor: 'local', voiceId, modelId }
    const audio = this.#streamOf(speechMp3(this.durationMs, text))
    const isTimed = timestamps && this.hasTimestamps
    const alignment = isTimed && { alignment: Promise.resolve(alignedWords(text, this.durationMs)) }
    return { audio, outputFormat, spokenBy, ...alignment, ...this.facts }
  }

  async voices() {
    return []
  }

  /** How it says that it is. */
  breaker: VendorState['breaker'] = 'closed'

  states(): VendorState[] {
    return [{ vendor: 'local', breaker: this.breaker, isQuotaUsedUp: false }]
  }

  async close() {
    this.isClosed = true
  }

  #streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
    let at = 0
    const { speaking } = this
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await this.beforeChunk(at)
        if (
          typeof speaking === 'object' &&
          'breaksAfterBytes' in speaking &&
          at >= speaking.breaksAfterBytes
        ) {
          return controller.error(speaking.error)
        }
        controller.enqueue(bytes.subarray(at, at + this.chunkBytes))
        at += this.chunkBytes
        if (at >= bytes.length) controller.close()
      },
      cancel: () => {
        this.cancelled += 1
      },
    })
  }
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clock } from '#lib/platform/clock.ts'
import type { Speech, SpeechRequest } from '#lib/speech/speech.ts'
import { createFakeClock } from './fake-clock.ts'

/** What the suite has to know about a speech vendor. */
export interface Subject {
  title: string
  /** Creates the vendor. */
  create(options: { clock: Clock; timeoutMs: number }): Speech
  /** A text whose audio goes on after its first bytes. */
  longText: string
  /** A format that it speaks besides its default. */
  otherFormat: string
  setUp?(): void
  tearDown?(): void
}

export const never = new AbortController().signal

/** All bytes of a stream until its end. */
export async function bytesOf(audio: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(audio))
}

/** What a promise rejects with. */
export async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable('it should have been refused'),
    (error) => error,
  )
}

/** For `expect.poll`: how long to wait for what should happen soon. */
export const soon = { timeout: 20_000 }

const timeoutMs = 60_000

/** What every speech vendor must do. */
export function describeSpeech({ title, create, longText, otherFormat, setUp, tearDown }: Subject) {
  describe(`${title}, as a speech vendor`, { timeout: 30_000 }, () => {
    const clock = createFakeClock()
    let request: SpeechRequest
    let speech: Speech

    beforeAll(() => {
      setUp?.()
      speech = create({ clock, timeoutMs })
      request = { text: 'Hello world.', voiceId: speech.vendor.exampleVoiceId }
    })
    afterAll(async () => {
      await speech.close()
      tearDown?.()
    })

    it('speaks a text and says in which format, and by which voice and model', async () => {
      const spoken = await speech.speak(request, { signal: never })

      expect((await bytesOf(spoken.audio)).length).toBeGreaterThan(1000)
      expect(spoken.outputFormat).toBe(speech.vendor.defaults.outputFormat)
      expect(spoken.spokenBy).toEqual({
        vendor: speech.vendor.name,
        voiceId: speech.vendor.exampleVoiceId,
        modelId: expect.stringMatching(/./),
      })
    })

    it('speaks in the requested format', async () => {
      const spoken = await speech.speak({ ...request, outputFormat: otherFormat }, { signal: never })

      await spoken.audio.cancel()
      expect(spoken.outputFormat).toBe(otherFormat)
    })

    it('refuses an unknown format, and names the field', async () => {
      const speaking = speech.speak({ ...request, outputFormat: 'midi_1' }, { signal: never })

      await expect(speaking).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining('"midi_1"'),
        errors: [{ path: 'outputFormat' }],
      })
    })

    it('speaks several texts at once', async () => {
      const speaking = ['One.', 'Two.', 'Three.'].map((text) =>
        speech.speak({ ...request, text }, { signal: never }),
      )
      for (const { audio } of await Promise.all(speaking)) {
        expect((await bytesOf(audio)).length).toBeGreaterThan(1000)
      }
    })

    it('does not begin when it is aborted already', async () => {
      const reason = new Error('stopping')

      expect(await errorOf(speech.speak(request, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    })

    it('stops before the first byte when it is aborted', async () => {
      const stop = new AbortController()
      const speaking = speech.speak(request, { signal: stop.signal })
      const reason = new Error('stopping')
      stop.abort(reason)

      expect(await errorOf(speaking)).toBe(reason)
    })

    it('breaks the audio off with the reason when it is aborted in the middle', async () => {
      const stop = new AbortController()
      const { audio } = await speech.speak({ ...request, text: longText }, { signal: stop.signal })
      const reason = new Error('stopping')
      stop.abort(reason)

      expect(await errorOf(bytesOf(audio))).toBe(reason)
    })

    it('gives up with speech_timeout when the first byte does not come in time', async () => {
      const speaking = speech.speak(request, { signal: never })
      clock.advance(timeoutMs)

      await expect(speaking).rejects.toMatchObject({ name: 'ServiceError', code: 'speech_timeout' })
    })

    it('breaks the audio off with speech_timeout when the last byte does not come in time', async () => {
      const { audio } = await speech.speak({ ...request, text: longText }, { signal: never })
      clock.advance(timeoutMs)

      await expect(bytesOf(audio)).rejects.toMatchObject({ name: 'ServiceError', code: 'speech_timeout' })
    })

    it('leaves no timer behind once the audio has ended or is cancelled', async () => {
      const whole = await speech.speak(request, { signal: never })
      await bytesOf(whole.audio)
      const unwanted = await speech.speak({ ...request, text: longText }, { signal: never })
      await unwanted.audio.cancel()

      await expect.poll(clock.waiting, soon).toBe(0)
    })

    it('speaks the next text after audio that was cancelled', async () => {
      const unwanted = await speech.speak({ ...request, text: longText }, { signal: never })
      await unwanted.audio.cancel()
      const { audio } = await speech.speak(request, { signal: never })

      expect((await bytesOf(audio)).length).toBeGreaterThan(1000)
    })

    it('lists its voices, among them the one of its examples', async () => {
      const voices = await speech.voices({ signal: never })

      expect(voices.length).toBeGreaterThan(1)
      for (const voice of voices)
        expect(voice).toMatchObject({ id: expect.any(String), name: expect.any(String) })
      expect(voices.map(({ id }) => id)).toContain(speech.vendor.exampleVoiceId)
    })
  })
}

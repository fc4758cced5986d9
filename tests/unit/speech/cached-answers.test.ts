import { describe, expect, it, vi } from 'vitest'
import { withCachedAnswers } from '#lib/speech/cached-answers.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { never } from './speech-conformance.ts'

const george = [{ id: 'george', name: 'George' }]

function cached(answer: (options: { signal: AbortSignal }) => Promise<typeof george>) {
  let now = 0
  const log = { warn: vi.fn() }
  const asked = vi.fn(answer)
  const speech = Object.assign(new FakeSpeech(), { voices: asked })
  const pass = (ms: number) => {
    now += ms
  }
  const voices = (signal = never) => withVoices.voices({ signal })
  const withVoices = withCachedAnswers(speech, { clock: { now: () => now }, log })
  return { speech, withVoices, voices, asked, log, pass }
}

describe('a vendor whose voices are cached', () => {
  it('is asked once for many callers, and again after five minutes', async () => {
    const { voices, asked, pass } = cached(async () => george)
    expect(await Promise.all([voices(), voices()])).toEqual([george, george])
    pass(299_000)
    await voices()
    expect(asked).toHaveBeenCalledTimes(1)
    pass(1000)
    await voices()
    expect(asked).toHaveBeenCalledTimes(2)
  })

  it('fails for every caller while it has never answered, and is asked again only after five seconds', async () => {
    const { voices, asked, pass } = cached(() => Promise.reject(new Error('down')))
    for (let count = 0; count < 3; count++) await expect(voices()).rejects.toThrow('down')
    expect(asked).toHaveBeenCalledTimes(1)
    pass(5000)
    await expect(voices()).rejects.toThrow('down')
    pass(4000)
    await expect(voices()).rejects.toThrow('down')
    expect(asked).toHaveBeenCalledTimes(2)
  })

  it('has its last answer stand while it cannot give another one, and says so in the log', async () => {
    let isDown = false
    const { voices, pass, log } = cached(async () => {
      if (isDown) throw new Error('down')
      return george
    })
    await voices()
    isDown = true
    pass(300_000)
    expect(await voices()).toEqual(george)
    expect(log.warn).toHaveBeenCalledOnce()
  })

  it('is no longer waited for when the signal aborts', async () => {
    const stop = new AbortController()
    const { voices } = cached(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const waiting = voices(stop.signal)
    stop.abort(new Error('The service is shutting down'))
    await expect(waiting).rejects.toThrow('shutting down')
  })

  it('speaks and closes as before', async () => {
    const { withVoices, speech } = cached(async () => george)
    const { outputFormat } = await withVoices.speak({ text: 'Hello', voiceId: 'george' }, { signal: never })
    expect(outputFormat).toBe('mp3_44100_128')
    await withVoices.close()
    expect([withVoices.vendor, speech.isClosed]).toEqual([speech.vendor, true])
  })
})

import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Fault } from '../support/stub-vendors.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { useWorld } from '../support/world.ts'

describe('a speech vendor that fails', () => {
  const world = useWorld({ environment: { SPEECH_TIMEOUT_MS: '3000', SPEECH_CONCURRENCY: '2' } })
  beforeEach(() => world.mark())
  afterEach(() => world.vendors.reset())

  const tries = () => world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })

  it.each<[string, Fault, number, string]>([
    ['a wrong key', statusFault(401, { code: 'invalid_api_key' }), 502, 'speech_credentials_refused'],
    ['no quota left', statusFault(401, { code: 'quota_exceeded' }), 503, 'speech_quota_exceeded'],
    ['an unknown voice', statusFault(404, { code: 'voice_not_found' }), 404, 'voice_not_found'],
    ['too long a text', statusFault(400, { code: 'max_character_limit_exceeded' }), 400, 'invalid_request'],
    ['HTML in place of audio', { kind: 'html' }, 502, 'speech_invalid_answer'],
    ['JSON in place of audio', { kind: 'json' }, 502, 'speech_invalid_answer'],
    ['an empty body', { kind: 'empty-body' }, 502, 'speech_invalid_answer'],
    ['a stream that breaks in the middle', { kind: 'reset-mid-answer' }, 502, 'speech_stream_broken'],
    ['audio cut off without a word', { kind: 'cut-without-length' }, 502, 'speech_stream_broken'],
    ['compressed audio cut off', { kind: 'cut-compressed' }, 502, 'speech_stream_broken'],
    ['audio without an end', { kind: 'endless' }, 502, 'speech_invalid_answer'],
    ['no answer', { kind: 'hang' }, 504, 'speech_timeout'],
    ['a drip', { kind: 'slow-drip' }, 504, 'speech_timeout'],
    ['a closed door', { kind: 'refused' }, 503, 'speech_unavailable'],
    ['500', statusFault(500), 503, 'speech_unavailable'],
    ['overload', statusFault(429, { code: 'system_busy' }), 503, 'speech_overloaded'],
  ])('%s becomes a problem of our own', async (_, fault, status, code) => {
    await world.vendors.always('elevenlabs', fault)
    const answer = await world.service.vocalize({ text: 'Hello from a fault', voiceId: 'George' })
    expect(answer.body).toMatchObject({ status, code, success: false })
    expect(answer.status).toBe(status)
    if (status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    // 3000 ms of patience, and what a busy machine may add.
    expect(answer.elapsedMs).toBeLessThan(5000)
    expect(await world.uploads('pinata')).toEqual([])
  })

  it('what cannot be mended is asked for once', async () => {
    await world.vendors.always('elevenlabs', statusFault(401, { code: 'invalid_api_key' }))
    await world.service.vocalize()
    expect(await tries()).toHaveLength(1)
  })

  it('a network fault before the first byte is mended by another try', async () => {
    await world.vendors.next('elevenlabs', { kind: 'reset-before-body' })
    expect((await world.service.vocalize()).status).toBe(200)
    expect(await tries()).toHaveLength(2)
  })

  it.each(['reset-mid-answer', 'cut-without-length', 'cut-compressed'] as const)(
    'a broken stream (%s) is mended by another try',
    async (kind) => {
      await world.vendors.next('elevenlabs', { kind })
      expect((await world.service.vocalize()).status).toBe(200)
      expect(await tries()).toHaveLength(2)
    },
  )

  it('a stream that breaks twice yields no clip', async () => {
    await world.vendors.next('elevenlabs', { kind: 'reset-mid-answer' }, { kind: 'cut-without-length' })
    const before = await readdir(`${world.service.directory}/audio`, { recursive: true })
    expect((await world.service.vocalize()).status).toBe(502)
    expect(await tries()).toHaveLength(2)
    expect(await readdir(`${world.service.directory}/audio`, { recursive: true })).toEqual(before)
  })

  it('its Retry-After is passed on', async () => {
    await world.vendors.always('elevenlabs', statusFault(429, { retryAfterSeconds: 17 }))
    const { status, headers } = await world.service.vocalize()
    expect([status, headers.get('retry-after')]).toEqual([503, '17'])
  })

  it('is never asked for more at once than SPEECH_CONCURRENCY', async () => {
    await world.vendors.speak({ concurrencyLimit: 2, chunkBytes: 2048, chunkPauseMs: 10 })
    const answers = await Promise.all(Array.from({ length: 6 }, () => world.service.vocalize()))
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
    expect((await tries()).map(({ status }) => status)).toEqual(Array(6).fill(200))
  })

  it('an unknown voice is said to be unknown', async () => {
    const { status, body } = await world.service.vocalize({ text: 'Hello', voiceId: 'missing' })
    expect([status, body.code]).toEqual([404, 'voice_not_found'])
  })
})

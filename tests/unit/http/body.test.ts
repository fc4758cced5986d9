import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { readJson } from '#lib/http/body.ts'
import { vocalizeSchema } from '#lib/http/speech-fields.ts'
import { ServiceError } from '#lib/model/errors.ts'

const { access } = readConfig({ MAX_TEXT_LENGTH: '100' })
const MAX_BYTES = 2000
const good = { text: 'Hello', voiceId: 'slt' }

function read(body: RequestInit['body'], headers: Record<string, string> = {}) {
  const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit
  return readJson(new Request('http://localhost/', init), vocalizeSchema(access), MAX_BYTES)
}
const readObject = (fields: object) => read(JSON.stringify({ ...good, ...fields }))

async function refusalOf(reading: Promise<unknown>): Promise<ServiceError> {
  const error = await reading.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(ServiceError)
  return error as ServiceError
}

describe('readJson()', () => {
  it.each<[string, Record<string, string>]>([
    ['no Content-Type', {}],
    ['that of a bare curl -d', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['any other', { 'content-type': 'text/plain; charset=latin1' }],
  ])('reads JSON with %s', async (_, headers) => {
    expect(await read(JSON.stringify(good), headers)).toMatchObject(good)
  })

  it('accepts a byte order mark', async () => {
    expect(await read(`\uFEFF${JSON.stringify(good)}`)).toMatchObject(good)
  })

  it.each<[string, RequestInit['body']]>([
    ['nothing', ''],
    ['no body', null],
    ['no JSON', '{"text":'],
    ['a form', 'text=Hello&voiceId=slt'],
    ['two values', '{} {}'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ['deep nesting', '['.repeat(1900)],
  ])('refuses a body of %s with invalid_json', async (_, body) => {
    expect(await refusalOf(read(body))).toMatchObject({ code: 'invalid_json' })
  })

  it('refuses a body with a too large Content-Length before reading it', async () => {
    let isRead = false
    const body = new ReadableStream(
      {
        pull() {
          isRead = true
        },
      },
      { highWaterMark: 0 },
    )
    const error = await refusalOf(read(body, { 'content-length': String(MAX_BYTES + 1) }))
    expect(error).toMatchObject({ code: 'body_too_large' })
    expect(isRead).toBe(false)
  })

  it('stops reading at the limit where Content-Length is missing or too small', async () => {
    let sentBytes = 0
    const body = new ReadableStream({
      pull(controller) {
        sentBytes += 500
        controller.enqueue(new Uint8Array(500).fill(0x20))
      },
    })
    expect(await refusalOf(read(body, { 'content-length': '5' }))).toMatchObject({ code: 'body_too_large' })
    expect(sentBytes).toBeLessThanOrEqual(MAX_BYTES + 1500)
  })

  it('accepts a body of exactly the limit', async () => {
    const body = JSON.stringify(good)
    expect(await read(body + ' '.repeat(MAX_BYTES - body.length))).toMatchObject(good)
  })

  it('reads or refuses any body as the contract says', async () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({
          text: fc.anything(),
          voiceId: fc.anything(),
          seed: fc.anything(),
          voiceSettings: fc.anything(),
        })
        .map((value) => Buffer.from(safeJson(value))),
    )
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        try {
          const { text, voiceId } = await read(new Uint8Array(bytes))
          expect([...text].length).toBeGreaterThan(0)
          expect([...text].length).toBeLessThanOrEqual(100)
          expect(text.isWellFormed()).toBe(true)
          expect(voiceId).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
        } catch (error) {
          expect(['invalid_json', 'invalid_request', 'body_too_large']).toContain(
            (error as ServiceError).code,
          )
        }
      }),
      { seed: 1, numRuns: 500 },
    )
  }, 30_000)
})

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'null'
  } catch {
    return 'null'
  }
}

describe('vocalizeSchema()', () => {
  it('trims the text, and counts an emoji as one character', async () => {
    expect(await readObject({ text: `  ${'🎤'.repeat(100)} \n` })).toMatchObject({ text: '🎤'.repeat(100) })
    const error = await refusalOf(readObject({ text: '🎤'.repeat(101) }))
    expect(error.errors).toEqual([{ path: 'text', message: 'must be at most 100 characters long' }])
  })

  it('takes null for an optional field that is left out', async () => {
    const nothing = { modelId: null, outputFormat: null, voiceSettings: null, languageCode: null, seed: null }
    const { text, voiceId, ...rest } = await readObject(nothing)
    expect({ text, voiceId }).toEqual(good)
    expect(Object.values(rest).filter((value) => value !== undefined)).toEqual([])
  })

  it('ignores unknown fields', async () => {
    expect(await readObject({ mood: 'cheerful', __proto__: { x: 1 } })).not.toHaveProperty('mood')
  })

  it('takes every field and limit of ElevenLabs', async () => {
    const all = {
      modelId: 'eleven_multilingual_v2',
      outputFormat: 'opus_48000_64',
      languageCode: 'pt-BR',
      seed: 4294967295,
      voiceSettings: { stability: 0, similarityBoost: 1, style: 0.5, useSpeakerBoost: false, speed: 1.2 },
      enableLogging: false,
      optimizeStreamingLatency: 4,
      previousText: 'Before. ',
      nextText: ' After.',
      previousRequestIds: ['one'],
      nextRequestIds: ['two', 'three', 'four'],
      pronunciationDictionaryLocators: [{ pronunciationDictionaryId: 'dictionary', versionId: '2' }],
      applyTextNormalization: 'on',
      applyLanguageTextNormalization: true,
      usePvcAsIvc: true,
      audioEffects: { filterPresetId: 'phone', distance: 1, environmentId: 'hall', sendLevel: 0.5, pan: -1 },
    }
    expect(await readObject(all)).toMatchObject(all)
  })

  it.each([
    ['mp3', 'mp3_44100_128'],
    ['mp3_32', 'mp3_44100_32'],
    ['pcm', 'pcm_44100'],
    ['ulaw', 'ulaw_8000'],
    ['pcm_24000', 'pcm_24000'],
  ])('takes a format as the AI SDK spells it: %s', async (outputFormat, meant) => {
    expect(await readObject({ outputFormat })).toMatchObject({ outputFormat: meant })
  })

  it.each<[string, object]>([
    ['text', { text: undefined }],
    ['text', { text: '' }],
    ['text', { text: ' \n\t ' }],
    ['text', { text: 5 }],
    ['text', { text: ['Hello'] }],
    ['voiceId', { voiceId: undefined }],
    ['voiceId', { voiceId: '' }],
    ['voiceId', { voiceId: '../admin' }],
    ['voiceId', { voiceId: 'slt\n' }],
    ['voiceId', { voiceId: 'x'.repeat(65) }],
    ['modelId', { modelId: 'a b' }],
    ['outputFormat', { outputFormat: 'mp4' }],
    ['optimizeStreamingLatency', { optimizeStreamingLatency: 5 }],
    ['previousText', { previousText: 5 }],
    ['previousRequestIds', { previousRequestIds: ['1', '2', '3', '4'] }],
    ['applyTextNormalization', { applyTextNormalization: 'maybe' }],
    [
      'pronunciationDictionaryLocators.0.pronunciationDictionaryId',
      { pronunciationDictionaryLocators: [{}] },
    ],
    ['audioEffects.pan', { audioEffects: { pan: 2 } }],
    ['enableLogging', { enableLogging: 'false' }],
    ['voiceSettings', { voiceSettings: 'loud' }],
    ['voiceSettings.stability', { voiceSettings: { stability: 1.01 } }],
    ['voiceSettings.speed', { voiceSettings: { speed: 0.5 } }],
    ['voiceSettings.useSpeakerBoost', { voiceSettings: { useSpeakerBoost: 'yes' } }],
    ['languageCode', { languageCode: 'english!' }],
    ['seed', { seed: -1 }],
    ['seed', { seed: 1.5 }],
    ['seed', { seed: 4294967296 }],
  ])('names the wrong field: %s', async (path, fields) => {
    const error = await refusalOf(readObject(fields))
    expect(error.code).toBe('invalid_request')
    expect(error.errors).toEqual([{ path, message: expect.stringMatching(/./) }])
    expect(error.message).toContain(path)
  })

  it('names every wrong field', async () => {
    const error = await refusalOf(read('{}'))
    expect(error.errors).toEqual([
      { path: 'text', message: 'is required' },
      { path: 'voiceId', message: 'is required' },
    ])
  })

  it.each(['null', '[]', '"text"', '5'])('refuses what is not an object: %s', async (body) => {
    expect(await refusalOf(read(body))).toMatchObject({ code: 'invalid_request', errors: [{ path: '' }] })
  })

  it('says of a body that broke off that it did', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('aborted')) })
    const request = new Request('http://localhost/', { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(await refusalOf(readJson(request, vocalizeSchema(access), 100))).toMatchObject({
      code: 'invalid_http',
    })
  })
})

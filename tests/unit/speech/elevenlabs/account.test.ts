import { setupServer } from 'msw/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createElevenLabsSpeech } from '#lib/speech/elevenlabs/adapter.ts'
import { createFakeClock } from '../fake-clock.ts'
import { errorOf, never } from '../speech-conformance.ts'
import { answerWith, apiKey, modelId, onAccount, onVoices, outputFormat } from './vendor.ts'

const server = setupServer()
const asking = { signal: never }

describe('an account at ElevenLabs', () => {
  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterAll(() => server.close())

  const create = () =>
    createElevenLabsSpeech({ apiKey, modelId, outputFormat, timeoutMs: 60_000, clock: createFakeClock() })

  it('tells the models that speak, its usage, and the settings of its voices', async () => {
    const languages = [{ language_id: 'en', name: 'English' }]
    const model = {
      model_id: 'eleven_v3',
      name: 'Eleven v3',
      languages,
      maximum_text_length_per_request: 5000,
    }
    const voice = { voice_id: 'george', name: 'George', settings: { stability: 0.4, speed: null } }
    server.use(
      onVoices(() => answerWith({ status: 200, body: { voices: [voice] } })),
      ...onAccount({
        models: [model, { model_id: 'eleven_english_sts_v2', can_do_text_to_speech: false }],
        subscription: {
          ...{ character_count: 12, character_limit: 10_000 },
          next_character_count_reset_unix: 1_800_000_000,
        },
      }),
    )
    const { account, voices } = create()
    expect(await account?.models(asking)).toEqual([
      { id: 'eleven_v3', name: 'Eleven v3', languages: [{ id: 'en', name: 'English' }], maxCharacters: 5000 },
    ])
    expect(await account?.usage(asking)).toEqual({
      usedCharacters: 12,
      limitCharacters: 10_000,
      resetsAt: 1_800_000_000_000,
    })
    expect((await voices(asking))[0]?.settings).toEqual({ stability: 0.4 })
  })

  it('answers something else: its models cannot be had, and the error says so', async () => {
    server.use(...onAccount({ models: { odd: true }, subscription: {} }))
    expect(await errorOf(create().account?.models(asking) as Promise<unknown>)).toMatchObject({
      code: 'speech_invalid_answer',
      message: expect.stringContaining('the list of models'),
    })
  })
})

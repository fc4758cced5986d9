import { createElevenLabs } from '@ai-sdk/elevenlabs'
import { createOpenAI } from '@ai-sdk/openai'
import { ElevenLabsClient, type ElevenLabsError } from '@elevenlabs/elevenlabs-js'
import { generateSpeech } from 'ai'
import OpenAI from 'openai'
import { statusFault } from '../stub-vendors.ts'
import type { Client, ClientContext } from './client.ts'

const text = (call: string) => `Spoken by ${call}.`

/** How often the vendor was asked to speak while `work` went on. */
async function timesAsked({ world }: ClientContext, work: () => Promise<unknown>): Promise<number> {
  const speeches = () => world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })
  const before = (await speeches()).length
  await work()
  return (await speeches()).length - before
}

/** A vendor whose quota is used up, and a client with the retries that it has by default. */
async function withUsedUpQuota(
  context: ClientContext,
  call: () => Promise<unknown>,
  say: (error: never) => string,
) {
  await context.world.vendors.always('elevenlabs', statusFault(401, { code: 'quota_exceeded' }))
  let said = ''
  const asked = await timesAsked(context, async () => {
    said = await call().then(
      () => 'taken',
      (error) => say(error as never),
    )
  }).finally(() => context.world.vendors.heal())
  return `${said}, asked ${asked === 1 ? 'once' : `${asked} times`}`
}

const openAi = ({ baseUrl, key }: ClientContext) => new OpenAI({ apiKey: key, baseURL: `${baseUrl}/v1` })
const elevenLabs = ({ baseUrl, key }: ClientContext) => new ElevenLabsClient({ apiKey: key, baseUrl })

const speakOpenAi = async (context: ClientContext, more: object) => {
  const speech = { model: 'tts-1', voice: 'alloy', input: text(`openai ${Object.values(more)}`), ...more }
  const response = await openAi(context).audio.speech.create(speech as never)
  return context.kept(new Uint8Array(await response.arrayBuffer()), response.headers.get('x-clip-id'))
}

const openAiClient: Client = {
  name: '`openai`',
  calls: {
    'audio.speech.create': (context) => speakOpenAi(context, {}),
    'audio.speech.create, pcm': (context) => speakOpenAi(context, { response_format: 'pcm' }),
    'audio.speech.create, flac': (context) => speakOpenAi(context, { response_format: 'flac' }),
    'audio.speech.create, aac': (context) => speakOpenAi(context, { response_format: 'aac' }),
    async 'audio.speech.create, sse'(context) {
      const speech = { model: 'tts-1', voice: 'alloy', input: text('events'), stream_format: 'sse' } as const
      const response = await openAi(context).audio.speech.create(speech)
      const events = (await response.text())
        .matchAll(/^data: (.+)$/gm)
        .map(([, data = '']) => JSON.parse(data))
      const [done, ...pieces] = [...events].reverse()
      if (done.type !== 'speech.audio.done' || !done.usage) throw new Error('The events have no end')
      const audio = Buffer.concat(pieces.reverse().map((piece) => Buffer.from(piece.audio, 'base64')))
      return `${await context.kept(audio, response.headers.get('x-clip-id'))}, with usage`
    },
    async 'models.list, models.retrieve'(context) {
      const { data } = await openAi(context).models.list()
      const { id } = await openAi(context).models.retrieve('tts-1')
      return data.some((model) => model.id === id) ? 'the models' : 'no tts-1'
    },
    'a used-up quota': (context) =>
      withUsedUpQuota(
        context,
        () => speakOpenAi(context, { input: 'Never spoken' }),
        (error: InstanceType<typeof OpenAI.APIError>) => `${error.constructor.name} ${error.code}`,
      ),
  },
}

const elevenLabsClient: Client = {
  name: '`@elevenlabs/elevenlabs-js`',
  calls: {
    async 'textToSpeech.convert'(context) {
      const call = elevenLabs(context).textToSpeech.convert('George', { text: text('convert') })
      const { data, rawResponse } = await call.withRawResponse()
      const audio = await new Response(data as BodyInit).bytes()
      return context.kept(audio, rawResponse.headers.get('x-clip-id'))
    },
    async 'textToSpeech.stream'(context) {
      const call = elevenLabs(context).textToSpeech.stream('George', { text: text('stream') })
      const { data, rawResponse } = await call.withRawResponse()
      return context.kept(await new Response(data as BodyInit).bytes(), rawResponse.headers.get('x-clip-id'))
    },
    async 'textToSpeech.convertWithTimestamps'(context) {
      const said = text('convertWithTimestamps')
      const call = elevenLabs(context).textToSpeech.convertWithTimestamps('George', { text: said })
      const { data, rawResponse } = await call.withRawResponse()
      const audio = Buffer.from(data.audioBase64, 'base64')
      const isWhole = data.alignment?.characters.join('') === said
      return `${await context.kept(audio, rawResponse.headers.get('x-clip-id'))}${isWhole ? ', every character timed' : ''}`
    },
    async 'textToSpeech.streamWithTimestamps'(context) {
      const said = text('streamWithTimestamps')
      const call = elevenLabs(context).textToSpeech.streamWithTimestamps('George', { text: said })
      const { data, rawResponse } = await call.withRawResponse()
      const pieces = await Array.fromAsync(data)
      const audio = Buffer.concat(pieces.map((piece) => Buffer.from(piece.audioBase64, 'base64')))
      const timed = pieces.flatMap((piece) => piece.alignment?.characters ?? []).join('')
      return `${await context.kept(audio, rawResponse.headers.get('x-clip-id'))}${timed === said ? ', every character timed' : ''}`
    },
    async 'voices.getAll, search, get, settings'(context) {
      const { voices } = elevenLabs(context)
      const all = await voices.getAll()
      const page = await voices.search({ pageSize: 1 })
      const found = await voices.search({ search: 'sarah' })
      const [first] = all.voices
      const voice = await voices.get(first?.voiceId ?? '')
      const { stability } = await voices.settings.get(first?.voiceId ?? '')
      const isRight =
        page.hasMore &&
        page.voices.length === 1 &&
        found.voices[0]?.name === 'Sarah' &&
        voice.name === first?.name
      return isRight && stability === 0.5 ? 'the voices' : 'something else'
    },
    async 'models.list'(context) {
      const [model] = await elevenLabs(context).models.list()
      return model?.canDoTextToSpeech && model.languages?.length ? 'the models, with languages' : 'none'
    },
    async 'user.get, user.subscription.get'(context) {
      const { user } = elevenLabs(context)
      const { characterCount, characterLimit } = await user.subscription.get()
      const whole = await user.get()
      return whole.subscription.characterCount === characterCount
        ? `${characterCount} of ${characterLimit} characters used, as the vendor says`
        : 'two answers'
    },
    'a used-up quota': (context) =>
      withUsedUpQuota(
        context,
        async () =>
          new Response(
            (await elevenLabs(context).textToSpeech.convert('George', { text: 'Never' })) as BodyInit,
          ).bytes(),
        ({ statusCode, body }: ElevenLabsError) =>
          `${statusCode} ${(body as { detail: { status: string } }).detail.status}`,
      ),
  },
}

const aiClient: Client = {
  name: '`ai`',
  calls: {
    async 'generateSpeech, `@ai-sdk/openai`'(context) {
      const { baseUrl, key } = context
      const model = createOpenAI({ apiKey: key, baseURL: `${baseUrl}/v1` }).speech('tts-1')
      const { audio } = await generateSpeech({ model, text: text('@ai-sdk/openai'), voice: 'alloy' })
      return context.kept(audio.uint8Array)
    },
    async 'generateSpeech, `@ai-sdk/elevenlabs`'(context) {
      const { baseUrl, key } = context
      // The package knows no other base URL than the vendor's: its `fetch` is where it can be led here.
      const lead: typeof fetch = (input, init) =>
        fetch(String(input).replace('https://api.elevenlabs.io', baseUrl), init)
      const model = createElevenLabs({ apiKey: key, fetch: lead }).speech('eleven_flash_v2_5')
      const options = { text: text('@ai-sdk/elevenlabs'), voice: 'George', outputFormat: 'pcm', speed: 1.1 }
      const { audio } = await generateSpeech({ model, ...options })
      return context.kept(audio.uint8Array)
    },
  },
}

/** Clients that run here as they are. */
export const packages: Client[] = [openAiClient, elevenLabsClient, aiClient]

import { ReadableStream } from 'node:stream/web'
import { z } from 'zod'
import { charactersOf } from '#lib/captions/characters.ts'
import { readCaptions } from '#lib/clips/read-captions.ts'
import type { Services } from '#lib/context.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { vendorTitles } from '#lib/speech/fit-request.ts'
import { readAndAdmit } from './speak.ts'

const times = z.array(z.number())
const alignmentSchema = z.object({
  characters: z.array(z.string()),
  character_start_times_seconds: times,
  character_end_times_seconds: times,
})

export const elevenLabsTimedSchema = z
  .object({
    audio_base64: z.string(),
    alignment: alignmentSchema.nullable(),
    normalized_alignment: alignmentSchema.nullable(),
  })
  .meta({ id: 'ElevenLabsTimedAudio' })

/**
 * Speaks as ElevenLabs does with timestamps: one object with the audio in Base64, as that API has it, and when which
 * character is spoken. It is written as the audio comes.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/convert-with-timestamps
 */
export function speakWithTimestamps(request: Request, context: RequestContext): Promise<Response> {
  return answerTimed(request, context, 'application/json', async function* (audio, alignment) {
    yield '{"audio_base64":"'
    yield* inBase64(audio)
    const times = JSON.stringify(await alignment())
    yield `","alignment":${times},"normalized_alignment":${times}}`
  })
}

/**
 * The same as an object on a line for each piece of audio while it is spoken. The voice says only at its end when it has
 * said what: the last object has the times of all characters, and no audio.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/stream-with-timestamps
 */
export function streamWithTimestamps(request: Request, context: RequestContext): Promise<Response> {
  return answerTimed(request, context, 'text/event-stream', async function* (audio, alignment) {
    for await (const chunk of audio) yield line({ audio_base64: Buffer.from(chunk).toString('base64') })
    const times = await alignment()
    yield line({ audio_base64: '', alignment: times, normalized_alignment: times })
  })
}

const line = (object: object) =>
  `${JSON.stringify({ alignment: null, normalized_alignment: null, ...object })}\n`

type Times = z.infer<typeof alignmentSchema> | null

/** Writes an answer of the audio and, once that has ended, of its times. */
async function answerTimed(
  request: Request,
  context: RequestContext,
  contentType: string,
  write: (audio: AsyncIterable<Uint8Array>, alignment: () => Promise<Times>) => AsyncIterable<string>,
): Promise<Response> {
  const { services } = context
  requireTimes(services.speech.vendor)
  const { speaking, baseUrl } = await readAndAdmit(request, context, { timestamps: true })
  const { body, headers } = await audioAnswer(baseUrl, speaking)
  const clipId = headers.get('X-Clip-Id') ?? speaking.clipId
  const audio = body as unknown as ReadableStream<Uint8Array>
  const encoder = new TextEncoder()
  async function* bytes() {
    for await (const text of write(audio, () => timesOf(services, clipId))) yield encoder.encode(text)
  }
  headers.set('Content-Type', contentType)
  return new Response(ReadableStream.from(bytes()) as unknown as BodyInit, { headers })
}

function requireTimes({ name, hasTimestamps }: Services['speech']['vendor']) {
  if (hasTimestamps) return
  const message = `There are no timestamps: ${vendorTitles[name]} does not say when which word is spoken; the same path without with-timestamps gives the audio`
  throw new ServiceError('not_found', message)
}

/** `null` where the voice that spoke had none, which may be one that stood in. */
async function timesOf(services: Services, clipId: string): Promise<Times> {
  const captions = await readCaptions(services, clipId).catch(() => undefined)
  if (!captions) return null
  const characters = charactersOf(captions.alignment)
  return {
    characters: characters.map(({ character }) => character),
    character_start_times_seconds: characters.map(({ startMs }) => startMs / 1000),
    character_end_times_seconds: characters.map(({ endMs }) => endMs / 1000),
  }
}

/** One text in Base64, however the bytes are cut. */
async function* inBase64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array = new Uint8Array()
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk])
    const whole = bytes.length - (bytes.length % 3)
    rest = bytes.subarray(whole)
    yield bytes.toString('base64', 0, whole)
  }
  yield Buffer.from(rest).toString('base64')
}

import { getManyValues, isMany } from 'stream-chain/defs.js'
import { jsonParser, type Token } from 'stream-json/core/parser.js'
import type { Alignment } from '#lib/captions/alignment.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { UnreadableAnswerError } from '#lib/speech/http/request.ts'
import { createCharacterTimes } from './character-times.ts'

/** How much an answer may have besides its audio. The longest text that the vendor takes has times of 2 MB. */
const MAX_OTHER_BYTES = 8 * MEBIBYTE

/**
 * Reads an answer with timestamps: one JSON object, or one after the other as the vendor speaks, each with a part of the
 * audio in Base64 and the times of the characters that are spoken in it. The audio is decoded as it arrives; of the JSON
 * nothing is kept but the times.
 *
 * `audio` throws `UnreadableAnswerError` where the answer is no such JSON, or has lost its end.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/stream-with-timestamps
 */
export function readTimestamped(body: AsyncIterable<Uint8Array>): {
  audio: AsyncIterable<Uint8Array>
  /** Settled with the end of `audio`; `undefined` where the vendor gave no times, or none that can be true. */
  alignment: Promise<Alignment | undefined>
} {
  const alignment = Promise.withResolvers<Alignment | undefined>()
  async function* audio() {
    const objects = createObjects()
    try {
      for await (const chunk of body) {
        const part = objects.read(chunk)
        if (part.byteLength > 0) yield part
      }
      objects.end()
      alignment.resolve(objects.alignment())
    } finally {
      alignment.resolve(undefined)
    }
  }
  return { audio: audio(), alignment: alignment.promise }
}

function createObjects() {
  const decoder = new TextDecoder()
  const parse = jsonParser({
    jsonStreaming: true,
    packStrings: false,
    streamNumbers: false,
    streamKeys: false,
  })
  const times = createCharacterTimes()
  /** The keys that lead to where the parser is; an array has none. */
  const path: string[] = []
  let base64 = ''
  let otherBytes = 0
  let isKnown = false

  function take(token: Token) {
    const isAudio = path.length === 1 && path[0] === 'audio_base64'
    switch (token.name) {
      case 'keyValue':
        path[path.length - 1] = token.value
        if (path.length === 1) isKnown ||= token.value === 'audio_base64' || token.value === 'alignment'
        break
      case 'startObject':
      case 'startArray':
        path.push('')
        break
      case 'endObject':
      case 'endArray':
        path.pop()
        if (path.length > 0) break
        // What the vendor has to say in the middle of its audio is an error.
        if (!isKnown) throw new UnreadableAnswerError('with an object that has no audio')
        isKnown = false
        break
      case 'stringChunk':
        if (isAudio) base64 += token.value
        break
      case 'endString':
        // Each object has a Base64 of its own, which may end in the middle of four characters.
        if (isAudio) base64 = base64.padEnd(Math.ceil(base64.length / 4) * 4, '=')
        break
      default:
    }
    if (path[0] === 'alignment') times.take(path, token)
  }

  return {
    /** The audio in `chunk`, as far as it can be decoded. */
    read(chunk: Uint8Array): Uint8Array {
      const before = base64.length
      parsed(() => {
        const tokens = parse(decoder.decode(chunk, { stream: true }))
        for (const token of isMany(tokens) ? getManyValues(tokens) : []) take(token as Token)
      })
      otherBytes += chunk.byteLength - (base64.length - before)
      if (otherBytes > MAX_OTHER_BYTES)
        throw new UnreadableAnswerError('with far more than audio and its times')
      const whole = base64.length - (base64.length % 4)
      const part = decoded(base64.slice(0, whole))
      base64 = base64.slice(whole)
      return part
    },
    /** @throws UnreadableAnswerError in the middle of an object */
    end() {
      if (path.length > 0) throw new UnreadableAnswerError('with JSON that has no end')
    },
    alignment: times.alignment,
  }
}

function parsed(parse: () => void) {
  try {
    parse()
  } catch (error) {
    if (UnreadableAnswerError.isInstance(error)) throw error
    throw new UnreadableAnswerError('with a body that is not the JSON that it should be', error)
  }
}

/** Several texts in Base64, one behind the other. */
function decoded(base64: string): Uint8Array {
  if (!/^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/.test(base64)) {
    throw new UnreadableAnswerError('with audio that is not in Base64')
  }
  return Buffer.concat((base64.match(/[^=]+=*/g) ?? []).map((part) => Buffer.from(part, 'base64')))
}

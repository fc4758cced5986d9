import { headerlessFormat } from '#lib/audio/formats.ts'
import type { ServiceError } from '#lib/model/errors.ts'
import { type OpenedAudio, openAudio } from '#lib/speech/audio-stream.ts'

/** Makes the error for an answer that is no audio: `answered` says what it is. */
type NoAudioError = (answered: string) => ServiceError

/**
 * Whether the end of an answer can be told from a connection that was closed too early. What was compressed is unpacked
 * as far as it goes, without a word when its end is missing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-8 (incomplete messages)
 */
export function hasProvenEnd(headers: Headers): boolean {
  const isEncoded = (headers.get('content-encoding') ?? 'identity') !== 'identity'
  return !isEncoded && (headers.has('content-length') || headers.has('transfer-encoding'))
}

/** Waits for the first byte of an answer that is audio. @throws ServiceError where it is none */
export async function openBody(
  { headers, body }: Response,
  outputFormat: string,
  noAudioError: NoAudioError,
): Promise<OpenedAudio> {
  const contentType = headers.get('content-type') ?? ''
  if (/json|html|xml|^text\//i.test(contentType)) throw noAudioError(contentType)
  if (!body) throw noAudioError('nothing')
  return checkAudio(await openAudio(body as AsyncIterable<Uint8Array>), outputFormat, noAudioError)
}

/** A proxy may send its error page as anything; bare samples may begin with any byte. */
export function checkAudio(
  audio: OpenedAudio | undefined,
  outputFormat: string,
  noAudioError: NoAudioError,
): OpenedAudio {
  if (!audio) throw noAudioError('nothing')
  const beginning = new TextDecoder('latin1').decode(audio.first.subarray(0, 64))
  if (!headerlessFormat(outputFormat) && /^(\xef\xbb\xbf)?\s*[{[<]/.test(beginning)) {
    throw noAudioError('text')
  }
  return audio
}

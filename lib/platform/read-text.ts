import { KIBIBYTE } from './units.ts'

const MAX_ERROR_BYTES = 16 * KIBIBYTE

interface ReadTextOptions {
  maxBytes: number
  /** Returns what has arrived of a body that breaks off, instead of throwing. */
  allowPartial?: boolean
}

/**
 * The text of an answer's body, up to `maxBytes` as they are after decompression. Where there is more, `isWhole` is false
 * and the connection is closed; where a part was allowed and came, it is false, too.
 *
 * It waits for as long as the request's signal lets it.
 *
 * @throws what reading the body throws, unless `allowPartial`
 */
export async function readText(response: Response, { maxBytes, allowPartial = false }: ReadTextOptions) {
  const decoder = new TextDecoder()
  let text = ''
  let sizeBytes = 0
  const reader = response.body?.getReader()
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      const fits = next.value.subarray(0, maxBytes - sizeBytes)
      sizeBytes += next.value.byteLength
      text += decoder.decode(fits, { stream: true })
      if (sizeBytes > maxBytes) {
        await reader?.cancel()
        return { text, isWhole: false }
      }
    }
  } catch (error) {
    if (!allowPartial) throw error
    return { text, isWhole: false }
  }
  return { text: text + decoder.decode(), isWhole: true }
}

/** The text of an error's body, or of its beginning: as much as any message needs. */
export function readErrorText(response: Response) {
  return readText(response, { maxBytes: MAX_ERROR_BYTES, allowPartial: true })
}

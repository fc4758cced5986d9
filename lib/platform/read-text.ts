interface ReadTextOptions {
  maxBytes: number
  /** A body that breaks off gives what came of it, and nothing is thrown. */
  isPartWelcome?: boolean
}

/**
 * The text of an answer's body, up to `maxBytes`. Where there is more, `isWhole` is false and the connection is given up.
 *
 * @throws what reading the body throws, unless a part is welcome
 */
export async function readText(response: Response, { maxBytes, isPartWelcome = false }: ReadTextOptions) {
  const decoder = new TextDecoder()
  let text = ''
  let sizeBytes = 0
  const reader = response.body?.getReader()
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      sizeBytes += next.value.byteLength
      text += decoder.decode(next.value, { stream: true })
      if (sizeBytes > maxBytes) {
        await reader?.cancel()
        return { text, isWhole: false }
      }
    }
  } catch (error) {
    if (!isPartWelcome) throw error
  }
  return { text: text + decoder.decode(), isWhole: true }
}

/**
 * The bytes of `blob`, piece by piece: what `blob.stream()` gives, also in browsers whose streams cannot be iterated
 * (Safari 18).
 *
 * @throws what reading the blob throws
 */
export async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

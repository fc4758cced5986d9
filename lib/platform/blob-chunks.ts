const CHUNK_BYTES = 256 * 1024

/**
 * The bytes of `blob`, piece by piece. Each piece is read by itself: a stream of a file's blob that is cancelled keeps
 * the file open until the garbage is collected, and Safari 18 cannot iterate a stream.
 *
 * @throws what reading the blob throws
 */
export async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (let offset = 0; offset < blob.size; offset += CHUNK_BYTES) {
    yield new Uint8Array(await blob.slice(offset, offset + CHUNK_BYTES).arrayBuffer())
  }
}

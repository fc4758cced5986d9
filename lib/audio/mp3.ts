const MONO = 3

/**
 * The size of the ID3v2 tag at the beginning of an MP3, in bytes; 0 where there is none. `beginning`: at least 10 bytes.
 *
 * @see https://id3.org/id3v2.4.0-structure
 */
export function id3Bytes(beginning: Uint8Array): number {
  if (Buffer.from(beginning.subarray(0, 3)).toString('latin1') !== 'ID3') return 0
  // The size has seven bits a byte.
  return 10 + beginning.subarray(6, 10).reduce((sum, byte) => sum * 128 + byte, 0)
}

/** Whether the first frame has one channel; `false` where there is no frame within `beginning`. */
export function isMonoMp3(beginning: Uint8Array): boolean {
  const [first, second, , fourth] = beginning.subarray(id3Bytes(beginning))
  const isFrame = first === 0xff && ((second ?? 0) & 0xe0) === 0xe0
  return isFrame && (fourth ?? 0) >> 6 === MONO
}

/** What precedes the samples of a WAV file. */
export interface WavHeader {
  formatTag: number
  channels: number
  sampleRateHz: number
  bytesPerSecond: number
  bitsPerSample: number
  /** Where the samples begin. */
  dataOffset: number
  /** The length of the samples as the header states it: wrong where it was written before the end was known. */
  statedDataBytes: number
}

/** The format tag of samples that are not encoded. */
export const PLAIN_PCM = 1
const EXTENSIBLE = 0xfffe

/**
 * Reads the header from the first bytes of a WAV file; `undefined` where they hold none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2361
 */
export function readWavHeader(beginning: Uint8Array): WavHeader | undefined {
  const bytes = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength)
  if (nameAt(bytes, 0) !== 'RIFF' || nameAt(bytes, 8) !== 'WAVE') return undefined
  let format:
    | Pick<WavHeader, 'formatTag' | 'channels' | 'sampleRateHz' | 'bytesPerSecond' | 'bitsPerSample'>
    | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = nameAt(bytes, at)
    const sizeBytes = bytes.readUInt32LE(at + 4)
    const dataOffset = at + 8
    if (name === 'data') return format && { ...format, dataOffset, statedDataBytes: sizeBytes }
    if (name === 'fmt ' && dataOffset + 16 <= bytes.length) format = readFormat(bytes.subarray(dataOffset))
    at = dataOffset + sizeBytes + (sizeBytes % 2)
  }
  return undefined
}

/**
 * How many bytes of samples a WAV file of `fileBytes` bytes really has. A file that was written as a stream states 0 or
 * too large a length in its header; the samples then go on until the end of the file.
 */
export function wavDataBytes({ dataOffset, statedDataBytes }: WavHeader, fileBytes: number): number {
  const availableBytes = Math.max(0, fileBytes - dataOffset)
  return statedDataBytes === 0 ? availableBytes : Math.min(statedDataBytes, availableBytes)
}

/** The header of a WAV with `dataBytes` bytes of samples behind it, which are all of one length. */
export function wavHeader(
  format: Pick<WavHeader, 'formatTag' | 'channels' | 'sampleRateHz' | 'bitsPerSample'> & {
    dataBytes: number
  },
): Buffer {
  const { formatTag, channels, sampleRateHz, bitsPerSample, dataBytes } = format
  const frameBytes = (channels * bitsPerSample) / 8
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + dataBytes + (dataBytes % 2), 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(formatTag, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRateHz, 24)
  header.writeUInt32LE(sampleRateHz * frameBytes, 28)
  header.writeUInt16LE(frameBytes, 32)
  header.writeUInt16LE(bitsPerSample, 34)
  header.write('data', 36)
  header.writeUInt32LE(dataBytes, 40)
  return header
}

function readFormat(chunk: Buffer) {
  const tag = chunk.readUInt16LE(0)
  // The true format of an extensible one is at the beginning of its GUID.
  const formatTag = tag === EXTENSIBLE && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag
  return {
    formatTag,
    channels: chunk.readUInt16LE(2),
    sampleRateHz: chunk.readUInt32LE(4),
    bytesPerSecond: chunk.readUInt32LE(8),
    bitsPerSample: chunk.readUInt16LE(14),
  }
}

const nameAt = (bytes: Buffer, at: number) => bytes.toString('latin1', at, at + 4)

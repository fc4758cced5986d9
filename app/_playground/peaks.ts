/** How many bars a second of audio has in its picture. */
const PEAKS_PER_SECOND = 20

/** What is drawn of a sound, as far as it is known. */
export interface Picture {
  /** The loudest sample, from 0 to 1, in each twentieth of a second. */
  peaks: readonly number[]
  seconds: number
}

/**
 * The picture of encoded audio, also of only the beginning of a file.
 *
 * @throws when the browser cannot decode it
 */
export async function pictureOf(encoded: ArrayBuffer): Promise<Picture> {
  const context = new OfflineAudioContext(1, 1, 22_050)
  const audio = await context.decodeAudioData(encoded)
  return { peaks: peaksOf(audio.getChannelData(0), audio.sampleRate), seconds: audio.duration }
}

/**
 * The picture of the audio at `url`.
 *
 * @throws when it cannot be fetched or decoded
 */
export async function readPicture(url: string, signal: AbortSignal): Promise<Picture> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`Got ${response.status} for ${url}`)
  return pictureOf(await response.arrayBuffer())
}

function peaksOf(samples: Float32Array, sampleRate: number): number[] {
  const size = Math.max(1, Math.round(sampleRate / PEAKS_PER_SECOND))
  const peaks: number[] = []
  for (let start = 0; start < samples.length; start += size) {
    let peak = 0
    for (const sample of samples.subarray(start, start + size)) peak = Math.max(peak, Math.abs(sample))
    peaks.push(peak)
  }
  return peaks
}

/**
 * The heights of `count` bars, from 0 to 1, for a picture that is drawn `seconds` wide; bars behind the end of what is
 * known are missing.
 */
export function barsOf({ peaks, seconds: known }: Picture, seconds: number, count: number): number[] {
  const perBar = (seconds * PEAKS_PER_SECOND) / count
  const loudest = peaks.reduce((max, peak) => Math.max(max, peak), 0) || 1
  const drawn = Math.min(count, Math.ceil((known / seconds) * count))
  return Array.from({ length: drawn }, (_, bar) => {
    const start = Math.floor(bar * perBar)
    const end = Math.max(start + 1, Math.floor((bar + 1) * perBar))
    return peaks.slice(start, end).reduce((max, peak) => Math.max(max, peak), 0) / loudest
  })
}

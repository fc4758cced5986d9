const BUCKETS = 400

/**
 * The loudest sample in each of 400 equal parts of the audio at `url`, and its length in seconds.
 *
 * @throws when it cannot be fetched or decoded
 */
export async function readPeaks(url: string, signal: AbortSignal) {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`Got ${response.status} for ${url}`)
  const context = new OfflineAudioContext(1, 1, 22_050)
  const audio = await context.decodeAudioData(await response.arrayBuffer())
  return { peaks: peaksOf(audio.getChannelData(0)), durationSeconds: audio.duration }
}

function peaksOf(samples: Float32Array): number[] {
  const size = Math.max(1, Math.ceil(samples.length / BUCKETS))
  const peaks: number[] = []
  for (let start = 0; start < samples.length; start += size) {
    let peak = 0
    for (const sample of samples.subarray(start, start + size)) peak = Math.max(peak, Math.abs(sample))
    peaks.push(peak)
  }
  return peaks
}

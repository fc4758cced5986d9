/** Before and behind a peak the gain changes over so long. */
const RAMP_MS = 15

/** A windowed sinc for each of the three places between two samples: true peaks are found at 4 times the sample rate. */
const TAPS = 8
const between = [0.25, 0.5, 0.75].map((offset) =>
  Float32Array.from({ length: 2 * TAPS }, (_, tap) => {
    const x = tap - TAPS + 1 - offset
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * (0.5 + 0.5 * Math.cos((Math.PI * x) / TAPS))
  }),
)

/**
 * Turns mono samples down around their peaks, so that no true peak exceeds `ceiling` (1 is full scale). It looks ahead,
 * so that `samples` should begin and end in silence.
 */
export function limitPeaks(
  samples: Float32Array,
  { ceiling, sampleRateHz }: { ceiling: number; sampleRateHz: number },
): Float32Array {
  const ramp = Math.round((RAMP_MS / 1000) * sampleRateHz)
  const gains = smoothed(gainsFor(samples, ceiling, ramp), ramp)
  const limited = new Float32Array(samples.length)
  for (let index = 0; index < samples.length; index++)
    limited[index] = (samples[index] as number) * (gains[index] as number)
  return limited
}

/** For each sample the highest gain that the peaks within the ramp on both sides allow. */
function gainsFor(samples: Float32Array, ceiling: number, ramp: number): Float32Array {
  const gains = new Float32Array(samples.length).fill(1)
  for (let index = 0; index < samples.length; index++) {
    const peak = truePeak(samples, index, ceiling)
    if (peak <= ceiling) continue
    const gain = ceiling / peak
    const end = Math.min(samples.length, index + ramp + 1)
    for (let near = Math.max(0, index - ramp); near < end; near++) {
      if (gain < (gains[near] as number)) gains[near] = gain
    }
  }
  return gains
}

/** The highest level at a sample and between it and the next. */
function truePeak(samples: Float32Array, index: number, ceiling: number): number {
  const level = Math.abs(samples[index] as number)
  // Only beside a high sample can there be a higher value between.
  if (level < ceiling / 2 && Math.abs(samples[index + 1] ?? 0) < ceiling / 2) return level
  let peak = level
  for (const taps of between) {
    let value = 0
    for (let tap = 0; tap < 2 * TAPS; tap++)
      value += (taps[tap] as number) * (samples[index + tap - TAPS + 1] ?? 0)
    peak = Math.max(peak, Math.abs(value))
  }
  return peak
}

/** The mean within the ramp on both sides: no step, and nowhere more than the peak in the middle allows. */
function smoothed(gains: Float32Array, ramp: number): Float32Array {
  const smooth = new Float32Array(gains.length)
  const gainAt = (index: number) => gains[Math.max(0, Math.min(gains.length - 1, index))] ?? 1
  let sum = 0
  for (let index = -ramp - 1; index < ramp; index++) sum += gainAt(index)
  for (let index = 0; index < gains.length; index++) {
    sum += gainAt(index + ramp) - gainAt(index - ramp - 1)
    smooth[index] = sum / (2 * ramp + 1)
  }
  return smooth
}

import { limitPeaks } from '#lib/audio/limiter.ts'
import { integratedLoudness } from '#lib/audio/loudness.ts'
import { FLITE_SAMPLE_RATE_HZ } from './flite.ts'

const LOUDNESS_LUFS = -16
/** For a true peak of -1.5 dBFS in the end, with room for what resampling and MP3 add. */
const CEILING = 10 ** (-3 / 20)
const TOLERANCE_DB = 0.2
const MAX_PASSES = 4
/** What is hardly there stays quiet. */
const MAX_GAIN_DB = 20
/**
 * Brings a piece of speech to -16 LUFS with a true peak of -3 dBFS. Each piece by itself, so that a clip need not be
 * known to its end before its first byte; between two pieces is silence, in which the gain may change.
 */
export function level(samples: Float32Array): Float32Array {
  let gainDb = missing(samples)
  let leveled = amplified(samples, gainDb)
  // The limiter takes away from the loudness, the more the higher the peaks are.
  for (let pass = 0; pass < MAX_PASSES && missing(leveled) > TOLERANCE_DB; pass++) {
    gainDb += missing(leveled)
    leveled = amplified(samples, gainDb)
  }
  return leveled
}

/** The gain in decibels that brings `samples` to the loudness that they should have. */
function missing(samples: Float32Array): number {
  const loudness = integratedLoudness(samples, FLITE_SAMPLE_RATE_HZ)
  return Number.isFinite(loudness) ? Math.min(MAX_GAIN_DB, LOUDNESS_LUFS - loudness) : 0
}

function amplified(samples: Float32Array, gainDb: number): Float32Array {
  const gain = 10 ** (gainDb / 20)
  const louder = samples.map((sample) => sample * gain)
  return limitPeaks(louder, { ceiling: CEILING, sampleRateHz: FLITE_SAMPLE_RATE_HZ })
}

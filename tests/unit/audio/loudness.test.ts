import { describe, expect, it } from 'vitest'
import { limitPeaks } from '#lib/audio/limiter.ts'
import { integratedLoudness } from '#lib/audio/loudness.ts'
import { loadMeter } from '../../support/ebur128.ts'
import { seededRandom } from '../../support/random.ts'

const meter = await loadMeter()

function sine({ frequencyHz = 997, seconds = 2, amplitude = 1, sampleRateHz = 48_000 }): Float32Array {
  return Float32Array.from(
    { length: seconds * sampleRateHz },
    (_, index) => amplitude * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRateHz + 0.7),
  )
}

describe('integrated loudness', () => {
  it('of a sine of 997 Hz at full scale is -3.01 LUFS, as ITU-R BS.1770 says', () => {
    expect(integratedLoudness(sine({}), 48_000)).toBeCloseTo(-3.01, 2)
  })

  it.each([16_000, 22_050, 44_100, 48_000])(
    'at %i Hz is what another meter measures, with silence and quiet parts left out',
    (sampleRateHz) => {
      const parts = [0.5, 0, 0.003, 0.2, 0].map((amplitude) =>
        sine({ amplitude, frequencyHz: 300, seconds: 1, sampleRateHz }),
      )
      const samples = Float32Array.from(parts.flatMap((part) => Array.from(part)))

      expect(integratedLoudness(samples, sampleRateHz)).toBeCloseTo(
        meter.ebur128_integrated_mono(sampleRateHz, samples),
        1,
      )
    },
  )

  it('of silence, and of nothing, is -Infinity', () => {
    expect(integratedLoudness(new Float32Array(48_000), 48_000)).toBe(Number.NEGATIVE_INFINITY)
    expect(integratedLoudness(new Float32Array(), 48_000)).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('the limiter', () => {
  const ceiling = 0.5
  const limited = (samples: Float32Array) => limitPeaks(samples, { ceiling, sampleRateHz: 16_000 })

  it('leaves no true peak above the ceiling, also where it lies between two samples', () => {
    const random = seededRandom(1)
    const noise = Float32Array.from({ length: 16_000 }, () => 2 * random() - 1)
    const between = sine({ frequencyHz: 4000, seconds: 1, amplitude: 0.69, sampleRateHz: 16_000 })

    const swelling = (samples: Float32Array) =>
      samples.map((sample, index) => sample * Math.sin((Math.PI * index) / samples.length))
    for (const samples of [swelling(between), swelling(sine({ amplitude: 2, sampleRateHz: 16_000 }))]) {
      expect(meter.ebur128_true_peak_mono(16_000, limited(samples))).toBeLessThan(
        20 * Math.log10(ceiling) + 0.1,
      )
    }
    expect(Math.max(...limited(noise).map(Math.abs))).toBeLessThanOrEqual(ceiling + 1e-6)
  })

  it('leaves as it is what is below the ceiling, and turns down only around a peak', () => {
    const quiet = sine({ amplitude: 0.4, sampleRateHz: 16_000 })
    const peak = quiet.map((sample, index) => (index === 16_000 ? 1 : sample))

    expect(limited(quiet)).toEqual(quiet)
    const after = limited(peak)
    expect(after.subarray(0, 15_000)).toEqual(quiet.subarray(0, 15_000))
    expect(after.subarray(17_000)).toEqual(quiet.subarray(17_000))
  })
})

const BLOCK_MS = 400
const STEP_MS = 100
const ABSOLUTE_GATE_LUFS = -70
const RELATIVE_GATE_LU = -10

/**
 * The integrated loudness of mono samples from -1 to 1, in LUFS: K-weighted, in gated blocks of 400 ms.
 * `-Infinity` for silence. What is shorter than a block counts as one.
 *
 * @see https://www.itu.int/rec/R-REC-BS.1770
 */
export function integratedLoudness(samples: Float32Array, sampleRateHz: number): number {
  const powers = blockPowers(kWeighted(samples, sampleRateHz), sampleRateHz)
  const audible = powers.filter((power) => loudnessOf(power) > ABSOLUTE_GATE_LUFS)
  const gate = loudnessOf(mean(audible)) + RELATIVE_GATE_LU
  return loudnessOf(mean(audible.filter((power) => loudnessOf(power) > gate)))
}

const loudnessOf = (power: number) => -0.691 + 10 * Math.log10(power)
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

function blockPowers(weighted: Float32Array, sampleRateHz: number): number[] {
  const step = Math.round((STEP_MS / 1000) * sampleRateHz)
  const stepsOfBlock = BLOCK_MS / STEP_MS
  const energies: number[] = []
  for (let start = 0; start < weighted.length; start += step) {
    // The recommendation leaves out what is left at the end.
    if (start + step > weighted.length && energies.length >= stepsOfBlock) break
    let energy = 0
    const end = Math.min(weighted.length, start + step)
    for (let index = start; index < end; index++) energy += (weighted[index] as number) ** 2
    energies.push(energy)
  }
  const powers: number[] = []
  for (let first = 0; first === 0 || first + stepsOfBlock <= energies.length; first++) {
    const block = energies.slice(first, first + stepsOfBlock)
    powers.push(block.reduce((sum, energy) => sum + energy, 0) / (step * stepsOfBlock))
  }
  return powers
}

/** The two filters of the recommendation, a high shelf and a high pass, for any sample rate by the bilinear transform. */
function kWeighted(samples: Float32Array, sampleRateHz: number): Float32Array {
  const shelf = highShelf(
    { frequencyHz: 1681.974450955533, gainDb: 3.999843853973347, q: 0.7071752369554196 },
    sampleRateHz,
  )
  const pass = highPass({ frequencyHz: 38.13547087602444, q: 0.5003270373238773 }, sampleRateHz)
  return filtered(filtered(samples, shelf), pass)
}

interface Biquad {
  b: [number, number, number]
  a: [number, number]
}

function highShelf({ frequencyHz = 0, gainDb = 0, q = 1 }, sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * frequencyHz) / sampleRateHz)
  const vh = 10 ** (gainDb / 20)
  const vb = vh ** 0.4996667741545416
  const a0 = 1 + k / q + k * k
  return {
    b: [(vh + (vb * k) / q + k * k) / a0, (2 * (k * k - vh)) / a0, (vh - (vb * k) / q + k * k) / a0],
    a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
  }
}

function highPass({ frequencyHz = 0, q = 1 }, sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * frequencyHz) / sampleRateHz)
  const a0 = 1 + k / q + k * k
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] }
}

function filtered(samples: Float32Array, { b: [b0, b1, b2], a: [a1, a2] }: Biquad): Float32Array {
  const output = new Float32Array(samples.length)
  let [first, second] = [0, 0]
  for (let index = 0; index < samples.length; index++) {
    const input = samples[index] as number
    const value = b0 * input + first
    first = b1 * input - a1 * value + second
    second = b2 * input - a2 * value
    output[index] = value
  }
  return output
}

interface Meter {
  /** Integrated loudness in LUFS. */
  ebur128_integrated_mono(sampleRateHz: number, samples: Float32Array): number
  /** True peak in dBFS. */
  ebur128_true_peak_mono(sampleRateHz: number, samples: Float32Array): number
}

/** A meter of others' making, by EBU R 128 and ITU-R BS.1770. Its package is for bundlers and names no entry. */
export const loadMeter = (): Promise<Meter> => import(import.meta.resolve('ebur128-wasm/ebur128_wasm_bg.js'))

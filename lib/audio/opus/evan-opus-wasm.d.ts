/** The WebAssembly build by itself: the package would prefer native code, which gives other bytes on other machines. */
declare module '@evan/opus/wasm/index.js' {
  export class Encoder {
    constructor(options: {
      channels: 1 | 2
      sample_rate: number
      application: 'voip' | 'audio' | 'restricted_lowdelay'
    })
    /** Sets what `command` stands for to `value`, or reads it. */
    ctl(command: number, value?: number): number
    /** Takes one frame of interleaved 16-bit samples. */
    encode(samples: ArrayBufferView): Uint8Array<ArrayBuffer>
    /** Gives its memory back. */
    drop(): void
  }

  export class Decoder {
    constructor(options: { channels: 1 | 2; sample_rate: number })
    /** Returns the samples of one packet, 16 bits each. */
    decode(packet: Uint8Array): Uint8Array<ArrayBuffer>
    drop(): void
  }
}

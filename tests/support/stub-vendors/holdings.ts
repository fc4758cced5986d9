/** What a vendor holds of one content. */
export interface Holding {
  cid: string
  sizeBytes: number
  /** How often it was uploaded and accepted: more than once is a double. */
  uploads: number
}

/** The content that one vendor has accepted, in memory. */
export class Holdings {
  #byCid = new Map<string, { bytes: Uint8Array; uploads: number }>()

  accept(cid: string, bytes: Uint8Array): void {
    const uploads = (this.#byCid.get(cid)?.uploads ?? 0) + 1
    // A plain copy: what a test reads must not be a Node buffer that compares unequal.
    this.#byCid.set(cid, { bytes: new Uint8Array(bytes), uploads })
  }

  has(cid: string): boolean {
    return this.#byCid.has(cid)
  }

  read(cid: string): Uint8Array | undefined {
    return this.#byCid.get(cid)?.bytes
  }

  list(): Holding[] {
    return [...this.#byCid].map(([cid, { bytes, uploads }]) => ({ cid, sizeBytes: bytes.length, uploads }))
  }

  clear(): void {
    this.#byCid.clear()
  }
}

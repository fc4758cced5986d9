/** What a vendor holds of one content. */
export interface Holding {
  cid: string
  sizeBytes: number
  /** How often it was uploaded and accepted: more than once is a double. */
  uploads: number
}

interface Kept {
  bytes: Uint8Array
  uploads: number
  isThere: () => boolean
}

/** The content that one vendor holds and its gateway delivers, in memory. */
export class Holdings {
  #byCid = new Map<string, Kept>()

  /** `isThere`: whether accepted content can be had yet. */
  accept(cid: string, bytes: Uint8Array, isThere = () => true): void {
    const uploads = (this.#byCid.get(cid)?.uploads ?? 0) + 1
    // A plain copy: what a test reads must not be a Node buffer that compares unequal.
    this.#byCid.set(cid, { bytes: new Uint8Array(bytes), uploads, isThere })
  }

  has(cid: string): boolean {
    return this.read(cid) !== undefined
  }

  read(cid: string): Uint8Array | undefined {
    const kept = this.#byCid.get(cid)
    return kept?.isThere() ? kept.bytes : undefined
  }

  list(): Holding[] {
    return [...this.#byCid]
      .filter(([, { isThere }]) => isThere())
      .map(([cid, { bytes, uploads }]) => ({ cid, sizeBytes: bytes.length, uploads }))
  }

  /** Loses one content, as a vendor may. */
  lose(cid: string): void {
    this.#byCid.delete(cid)
  }

  clear(): void {
    this.#byCid.clear()
  }
}

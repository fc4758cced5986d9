/**
 * What says in a file that a machine has made it, as bytes that no audio has by chance: the beginning of a C2PA manifest
 * (a JUMBF description box with the type `c2pa`, in whatever container), the reference to one elsewhere (XMP), the digital
 * source type of IPTC, and the label that Chinese law asks for.
 *
 * @see https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html#_use_of_jumbf
 * @see https://cv.iptc.org/newscodes/digitalsourcetype/
 */
const marks = ['jumdc2pa', 'dcterms:provenance', 'lgorithmicMedia', '{"AIGC"'].map((text) =>
  Buffer.from(text),
)

const C2PA = marks[0] as Buffer
const LONGEST = Math.max(...marks.map((mark) => mark.length))

export interface Marks {
  /** The file has a C2PA manifest in it. */
  hasCredentials: boolean
  /** It has this or another mark. */
  isMarked: boolean
}

/** Looks for marks in the bytes of a file, as they come. */
export interface MarkFinder {
  update(chunk: Uint8Array): void
  readonly found: Marks
}

export function createMarkFinder(): MarkFinder {
  const found = { hasCredentials: false, isMarked: false }
  let last = Buffer.alloc(0)
  return {
    found,
    update(chunk) {
      if (found.hasCredentials) return
      // A mark may lie across two chunks.
      const seam = Buffer.concat([last, chunk.subarray(0, LONGEST - 1)])
      const whole = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      const has = (mark: Buffer) => seam.includes(mark) || whole.includes(mark)
      found.hasCredentials = has(C2PA)
      found.isMarked ||= found.hasCredentials || marks.some(has)
      last = Buffer.concat([last, whole.subarray(-LONGEST)]).subarray(1 - LONGEST)
    },
  }
}

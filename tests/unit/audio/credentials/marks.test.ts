import { describe, expect, it } from 'vitest'
import { createMarkFinder } from '#lib/audio/credentials/marks.ts'

/** The text amid other bytes, in chunks of so many bytes. */
function* inChunks(text: string, chunkBytes: number) {
  const whole = Buffer.concat([Buffer.alloc(1000, 0xaa), Buffer.from(text), Buffer.alloc(1000, 0xaa)])
  for (let at = 0; at < whole.length; at += chunkBytes) yield whole.subarray(at, at + chunkBytes)
}

function findMarks(chunks: Iterable<Uint8Array>) {
  const finder = createMarkFinder()
  for (const chunk of chunks) finder.update(chunk)
  return finder.found
}

describe('marks in a file', () => {
  it.each([1, 3, 7, 1003, 1005, 5000])(
    'are found in chunks of %i bytes, wherever they are cut',
    (chunkBytes) => {
      const found = (text: string) => findMarks(inChunks(text, chunkBytes))
      expect(found('jumb\0\0\0\x1ejumdc2pa\0\x11')).toEqual({ hasCredentials: true, isMarked: true })
      const marked = { hasCredentials: false, isMarked: true }
      expect(found('digitalsourcetype/trainedAlgorithmicMedia')).toEqual(marked)
      expect(found('TXXX\0AIGC\0{"AIGC":{"Label":"1"}}')).toEqual(marked)
      expect(found('dcterms:provenance="https://vendor.example/m.c2pa"')).toEqual(marked)
    },
  )

  it('are not where there are none', () => {
    expect(findMarks(inChunks('jumd c2pa TXXX AIGC Lavf', 700))).toEqual({
      hasCredentials: false,
      isMarked: false,
    })
  })
})

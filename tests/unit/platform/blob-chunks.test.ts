import { openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { openFilesBelow } from '../../support/open-files.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

const bytes = new Uint8Array(1_000_001).map((_, index) => index % 251)

describe('chunksOf()', () => {
  it.each([0, 1, 262_144, 1_000_001])('gives all of %i bytes', async (sizeBytes) => {
    const blob = new Blob([bytes.subarray(0, sizeBytes)])
    expect(Buffer.concat(await Array.fromAsync(chunksOf(blob)))).toEqual(
      Buffer.from(bytes.subarray(0, sizeBytes)),
    )
  })

  it('leaves no file open, however much of it was read', async () => {
    const place = path.join(await temporaryDirectory(), 'file')
    await writeFile(place, bytes)
    const file = await openAsBlob(place)
    for (let reads = 0; reads < 4; reads += 1) {
      const chunks = chunksOf(file)
      for (let read = 0; read < reads; read += 1) await chunks.next()
      await chunks.return()
    }
    await until('a closed file', () => openFilesBelow(place).length === 0)
  })
})

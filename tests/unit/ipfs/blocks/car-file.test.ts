import { mkdir, rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createBlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { fileParts } from '#lib/ipfs/blocks/unixfs.ts'
import { lacking } from '../../../support/lacking.ts'
import { openFilesBelow } from '../../../support/open-files.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'
import { someContent } from '../content.ts'

/** How many CAR files below `directory` this process has open. */
const openFiles = (directory: string) =>
  openFilesBelow(directory).filter((place) => place.includes('.car')).length

async function keptContent() {
  const directory = await temporaryDirectory()
  const store = createBlockStore({ directory })
  const content = await someContent(1_500_000)
  await store.put(content.cid, content.car.stream())
  const kept = await store.open(content.cid)
  if (!kept) throw new Error('The store has nothing')
  return { directory, store, content, read: () => kept.read(fileParts(kept.dag)) }
}

describe.skipIf(lacking(process.platform === 'linux', 'only Linux tells which files a process has open'))(
  'the file behind a body',
  () => {
    it('is not open before somebody reads', async () => {
      const { directory, read } = await keptContent()
      const bodies = await Promise.all(Array.from({ length: 20 }, read))
      expect(openFiles(directory)).toBe(0)
      for (const body of bodies) await body.return()
      expect(openFiles(directory)).toBe(0)
    })

    it('is open while it is read, and closed at the end', async () => {
      const { directory, content, read } = await keptContent()
      let sizeBytes = 0
      for await (const chunk of await read()) {
        expect(openFiles(directory)).toBe(1)
        sizeBytes += chunk.byteLength
      }
      expect([sizeBytes, openFiles(directory)]).toEqual([content.file.size, 0])
    })

    it('is closed when the body is cancelled in the middle, also while a read is on its way', async () => {
      const { directory, read } = await keptContent()
      const body = await read()
      await body.next()
      const pending = body.next()
      await body.return()
      await pending
      expect(openFiles(directory)).toBe(0)
    })
  },
)

describe('a file that is gone', () => {
  it('is named before a body is made', async () => {
    const { directory, read } = await keptContent()
    await rm(directory, { recursive: true })
    await mkdir(directory)
    await expect(read()).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

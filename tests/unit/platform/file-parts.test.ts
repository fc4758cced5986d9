import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { bytesInMemory } from '#lib/platform/byte-iterator.ts'
import { type Part, readFileParts } from '#lib/platform/file-parts.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const pieceBytes = 256 * 1024

async function fileOf(content: string | Uint8Array): Promise<string> {
  const place = path.join(await temporaryDirectory(), 'file')
  await writeFile(place, content)
  return place
}

/** Reads those parts, and the whole twice on the way. */
async function read(place: string, parts?: readonly Part[]): Promise<string> {
  const bytes = await readFileParts(place, async ({ size }, readAll) => {
    for (let times = 0; times < 2; times += 1) {
      expect(Buffer.concat(await Array.fromAsync(readAll()))).toHaveLength(Number(size))
    }
    return parts ?? [{ offset: 0, sizeBytes: Number(size) }]
  })
  return Buffer.concat(await Array.fromAsync(bytes)).toString()
}

describe.each([
  ['small', 'Hello, files'],
  ['large', 'Hello, files'.padEnd(3 * pieceBytes, '.')],
])('a %s file', (_, content) => {
  it('is read whole, in part, and together with bytes in memory, time and again', async () => {
    const place = await fileOf(content)
    for (let times = 0; times < 3; times += 1) {
      expect(await read(place)).toBe(content)
      expect(await read(place, [{ offset: 7, sizeBytes: 5 }])).toBe('files')
      const head = Buffer.from('Yes: ')
      const parts = [head, { offset: 7, sizeBytes: 4 }, { offset: 0, sizeBytes: 5 }]
      expect(await read(place, parts)).toBe('Yes: fileHello')
      expect(await read(place, [])).toBe('')
    }
  })

  it('is read as it is now, after each change', async () => {
    const place = await fileOf(content)
    await read(place)
    await appendFile(place, '!')
    expect(await read(place)).toBe(`${content}!`)
    const other = await fileOf(`${content}?`)
    await rename(other, place)
    expect(await read(place)).toBe(`${content}?`)
    await rm(place)
    await expect(read(place)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('fails where it is shorter than the parts say', async () => {
    const place = await fileOf(content)
    const parts = [{ offset: 2, sizeBytes: content.length }]
    for (let times = 0; times < 2; times += 1) {
      await expect(read(place, parts)).rejects.toThrow('truncated')
      await read(place)
    }
    await truncate(place, 5)
    await expect(read(place, [{ offset: 4, sizeBytes: 2 }])).rejects.toThrow('truncated')
  })
})

describe('the pieces of a large file', () => {
  const content = Buffer.alloc(4 * pieceBytes + 5, 'All of the bytes. ')

  it('are read into the memory of those that are handed back', async () => {
    const bytes = await readFileParts(await fileOf(content), ({ size }) => [
      { offset: 0, sizeBytes: Number(size) },
    ])
    const memories = new Set<ArrayBufferLike>()
    const copies: Buffer[] = []
    for (let piece = await bytes.next(); !piece.done; piece = await bytes.next(piece.value)) {
      memories.add(piece.value.buffer)
      copies.push(Buffer.from(piece.value))
    }
    expect(memories.size).toBe(1)
    expect(Buffer.concat(copies).equals(content)).toBe(true)
  })

  it('do not stay in memory where they are not handed back', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const place = await fileOf(Buffer.alloc(256 * pieceBytes))
    collect()
    const before = process.memoryUsage().arrayBuffers
    const bytes = await readFileParts(place, ({ size }) => [{ offset: 0, sizeBytes: Number(size) }])
    let mostBytes = 0
    let count = 0
    for await (const _ of bytes) {
      count += 1
      if (count % 32 === 0) collect()
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before)
    }
    expect(count).toBe(256)
    expect(mostBytes).toBeLessThan(128 * pieceBytes)
  })

  it('never overwrite what is not theirs', async () => {
    const head = Buffer.alloc(pieceBytes, 'head')
    const bytes = await readFileParts(await fileOf(content), ({ size }) => [
      head,
      { offset: 0, sizeBytes: Number(size) },
    ])
    for (let piece = await bytes.next(); !piece.done; piece = await bytes.next(piece.value));
    expect(head.equals(Buffer.alloc(pieceBytes, 'head'))).toBe(true)
  })
})

describe('many small files', () => {
  it('are read right, more of them than are kept in memory', async () => {
    const directory = await temporaryDirectory()
    const names = Array.from({ length: 140 }, (_, index) => `file-${index}`)
    const contentOf = (name: string) => name.padEnd(pieceBytes, '.')
    await Promise.all(names.map((name) => writeFile(path.join(directory, name), contentOf(name))))
    for (const name of [...names, ...names]) {
      expect(await read(path.join(directory, name)).then((text) => text === contentOf(name))).toBe(true)
    }
  })
})

describe('bytes in memory', () => {
  it('are read once, as one piece, unless they are let go of', async () => {
    const bytes = bytesInMemory(Buffer.from('Hello'))
    expect(await Array.fromAsync(bytes)).toEqual([Buffer.from('Hello')])
    expect(await Array.fromAsync(bytes)).toEqual([])
    const unread = bytesInMemory(Buffer.from('Hello'))
    await unread.return()
    expect(await Array.fromAsync(unread)).toEqual([])
    expect(await Array.fromAsync(bytesInMemory(Buffer.alloc(0)))).toEqual([])
  })
})

import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as UnixFS from '@ipld/unixfs'
import { withMaxChunkSize } from '@ipld/unixfs/file/chunker/fixed'
import { withWidth } from '@ipld/unixfs/file/layout/balanced'
import { importByteStream, type WritableStorage } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import type { CID } from 'multiformats'
import * as raw from 'multiformats/codecs/raw'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { computeCid, dagOf, legacyCid, packAs, packCar } from '#lib/ipfs/blocks/car.ts'
import { independentCid } from '../../../support/content-id.ts'
import { bytesOf, openCar, someBytes } from '../content.ts'

const KIBIBYTE = 1024
const MEBIBYTE = 1024 ** 2
const RAW = 0x55
const DAG_PB = 0x70

async function* inPieces(bytes: Uint8Array, pieceBytes: number) {
  for (let start = 0; start < bytes.length; start += pieceBytes)
    yield bytes.subarray(start, start + pieceBytes)
}

const sizes = [0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 5 * MEBIBYTE, 5 * MEBIBYTE + 17]

describe('the CID of a clip', () => {
  it.each(sizes)(
    'of %d bytes is the one that another implementation of UnixFS computes',
    async (sizeBytes) => {
      const bytes = someBytes(sizeBytes)
      expect(await computeCid(inPieces(bytes, 10_007))).toEqual({
        cid: await independentCid(bytes),
        sizeBytes,
      })
    },
  )

  it('does not depend on the sizes of the chunks that are read', async () => {
    const bytes = someBytes(3 * MEBIBYTE + 1)
    const cids = await Promise.all(
      [1000, MEBIBYTE, 5 * MEBIBYTE].map((size) => computeCid(inPieces(bytes, size))),
    )
    expect(new Set(cids.map(({ cid }) => cid)).size).toBe(1)
  })

  it('is computed for no bytes at all', async () => {
    const { cid } = await computeCid(inPieces(new Uint8Array(), 1))
    expect(cid).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
  })

  it('fails with the error of the stream', async () => {
    async function* broken() {
      yield someBytes(10)
      throw new Error('the vendor hung up')
    }
    await expect(computeCid(broken())).rejects.toThrow('the vendor hung up')
  })
})

describe('the legacy CID of a clip', () => {
  it.each([0, 1, 256 * KIBIBYTE])('is the same as its CID up to 256 KiB (%d bytes)', async (sizeBytes) => {
    const bytes = someBytes(sizeBytes)
    expect(await legacyCid(new Blob([bytes]))).toBe(await independentCid(bytes))
  })

  // 175 chunks of 256 KiB need a second level of nodes.
  it.each([256 * KIBIBYTE + 1, 5 * MEBIBYTE, 175 * 256 * KIBIBYTE])(
    'is that of chunks of 256 KiB and nodes of 174 links (%d bytes)',
    async (sizeBytes) => {
      const bytes = someBytes(sizeBytes)
      expect(await legacyCid(new Blob([bytes]))).toBe(await independentLegacyCid(bytes))
    },
  )
})

describe('the CAR of a clip', () => {
  it.each(sizes)('of %d bytes holds the clip under its CID', async (sizeBytes) => {
    const bytes = someBytes(sizeBytes)
    const { cid, car } = await packCar(new Blob([bytes]))
    const opened = await openCar(await bytesOf(car))
    expect(cid).toBe(await independentCid(bytes))
    expect(opened.roots).toEqual([cid])
    expect(Buffer.from(opened.file).equals(bytes)).toBe(true)
    expect(car.size).toBe((await car.arrayBuffer()).byteLength)
  })

  it('has the leaves in the order of the file and the root last', async () => {
    const { cid, car } = await packCar(new Blob([someBytes(2 * MEBIBYTE + 5)]))
    const { blocks } = await openCar(await bytesOf(car))
    expect(blocks.map(({ codec, sizeBytes }) => [codec, sizeBytes])).toEqual([
      [RAW, MEBIBYTE],
      [RAW, MEBIBYTE],
      [RAW, 5],
      [DAG_PB, expect.any(Number)],
    ])
    expect(blocks.at(-1)?.cid).toBe(cid)
  })

  it('holds a repeated chunk only once', async () => {
    const silence = new Blob([new Uint8Array(3 * MEBIBYTE)])
    const { cid, car } = await packCar(silence)
    const opened = await openCar(await bytesOf(car))
    expect(opened.blocks).toHaveLength(2)
    expect(opened.roots).toEqual([cid])
    expect(Buffer.from(opened.file).equals(await bytesOf(silence))).toBe(true)
  })

  describe('of a file', () => {
    let directory: string
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'car-'))
    })
    afterAll(() => rm(directory, { recursive: true }))

    it('reads the file when it is streamed, in place of a copy', async () => {
      const path = join(directory, 'clip')
      const bytes = someBytes(3 * MEBIBYTE)
      await writeFile(path, bytes)
      const { car } = await packCar(await openAsBlob(path))
      expect(Buffer.from((await openCar(await bytesOf(car))).file).equals(bytes)).toBe(true)
      await rm(path)
      await expect(car.arrayBuffer()).rejects.toMatchObject({ name: 'NotReadableError' })
    })
  })
})

/** As `independentCid`, for CIDv1 with raw leaves, chunks of 256 KiB and 174 links. */
async function independentLegacyCid(bytes: Uint8Array): Promise<string> {
  const { readable, writable } = new TransformStream({}, UnixFS.withCapacity(64 * MEBIBYTE))
  const leaf = { code: raw.code, name: raw.name, encode: (chunk: Uint8Array) => chunk }
  const settings = {
    ...UnixFS.defaults(),
    chunker: withMaxChunkSize(256 * KIBIBYTE),
    fileLayout: withWidth(174),
    fileChunkEncoder: leaf,
    smallFileEncoder: leaf,
  } as ReturnType<typeof UnixFS.defaults>
  const writer = UnixFS.createWriter({ writable, settings })
  const blocks = readable.pipeTo(new WritableStream())
  const file = UnixFS.createFileWriter(writer)
  await file.write(bytes)
  const { cid } = await file.close()
  await writer.close()
  await blocks
  return cid.toString()
}

it.each([
  [10, 3],
  [7, 2],
])(
  'The tree above leaves of %d bytes, %d in a node, is that of another implementation',
  async (leafBytes, maxLinks) => {
    for (const bytes of [0, 1, 21, 22, 90, 91].flatMap((size) => [someBytes(size), new Uint8Array(size)])) {
      const blocks = new Set<string>()
      const put = (cid: CID) => {
        blocks.add(cid.toString())
        return cid
      }
      const { cid } = await importByteStream([bytes], { put } as unknown as WritableStorage, {
        cidVersion: 1,
        rawLeaves: true,
        chunker: fixedSize({ chunkSize: leafBytes }),
        layout: balanced({ maxChildrenPerNode: maxLinks }),
      })
      const dag = await dagOf(inPieces(bytes, 9), { leafBytes, maxLinks })
      expect(dag.root.toString()).toBe(cid.toString())
      const { blocks: packed } = await openCar(await bytesOf(packAs(dag, new Blob([bytes]))))
      expect(packed.map((block) => block.cid).toSorted()).toEqual([...blocks].toSorted())
    }
  },
)

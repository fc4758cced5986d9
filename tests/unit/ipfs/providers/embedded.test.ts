import { mkdir, mkdtemp, open, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { fileParts } from '#lib/ipfs/blocks/unixfs.ts'
import { createEmbeddedProvider } from '#lib/ipfs/providers/embedded.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { createDiskSpace } from '#lib/platform/disk-space.ts'
import { bytesOf, someContent } from '../content.ts'
import { describePromises } from './provider-promises.ts'
import { failureIn } from './provider-subject.ts'

const signal = new AbortController().signal
let directory: string
let provider: IpfsProvider

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'voicepin-repository-'))
  provider = createEmbeddedProvider({
    blockStore: createBlockStore({ directory }),
    diskSpace: createDiskSpace(directory),
  })
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const filesIn = async () =>
  (await readdir(directory, { recursive: true })).filter((name) => /\.\w+/.test(name))

describe('The embedded repository, as an IPFS provider', () => {
  describePromises({
    name: 'embedded',
    gatewayUrl: '',
    provider: () => provider,
    willTake() {},
    async willHold(content) {
      await provider.upload(content, { signal })
    },
    willNotHold() {},
    willUnpin() {},
  })

  it.each([0, 1, 1024 ** 2, 1024 ** 2 + 1, 2_500_000])(
    'returns a clip of %d bytes byte for byte',
    async (sizeBytes) => {
      const content = await someContent(sizeBytes)
      await provider.upload(content, { signal })
      const kept = await createBlockStore({ directory }).open(content.cid)
      const file = await kept?.file()
      expect(Buffer.compare(await bytesOf(file as Blob), await bytesOf(content.file))).toBe(0)
    },
  )

  it('stores a clip once, even if it is uploaded many times at once', async () => {
    const content = await someContent(1000)
    await Promise.all(Array.from({ length: 5 }, () => provider.upload(content, { signal })))
    expect(await filesIn()).toHaveLength(1)
  })

  it('refuses a clip when the disk is nearly full', async () => {
    const diskSpace = { hasSpace: async (sizeBytes: number) => sizeBytes < 1000 }
    const full = createEmbeddedProvider({ blockStore: createBlockStore({ directory }), diskSpace })
    const error = await failureIn(full.upload(await someContent(1000), { signal }))
    expect(error).toMatchObject({ isRetryable: true, mayHaveStored: false })
    expect(await filesIn()).toEqual([])
    await full.upload(await someContent(100), { signal })
  })

  it('refuses a CAR of which a byte was changed', async () => {
    const content = await someContent(2_500_000)
    const bytes = await bytesOf(content.car)
    bytes[1_500_000] = (bytes[1_500_000] as number) ^ 1
    const error = await failureIn(
      provider.upload({ ...content, car: new Blob([bytes as BlobPart]) }, { signal }),
    )
    expect(error).toMatchObject({ isRetryable: false, mayHaveStored: false })
    expect(error.message).toContain('do not match its hash')
    expect(await filesIn()).toEqual([])
  })

  it.each([
    ['is truncated', (car: Blob) => car.slice(0, car.size - 1000)],
    ['lacks a block', (car: Blob) => car.slice(0, 1_049_000)],
    ['is empty', () => new Blob([])],
    ['is something else', () => new Blob(['x'.repeat(1000)])],
  ])('refuses a CAR that %s', async (_, change) => {
    const content = await someContent(2_500_000)
    const error = await failureIn(provider.upload({ ...content, car: change(content.car) }, { signal }))
    expect(error.isRetryable).toBe(false)
    expect(await filesIn()).toEqual([])
  })

  it('refuses the CAR of other content', async () => {
    const [content, other] = await Promise.all([someContent(1000), someContent(1000, 2)])
    const error = await failureIn(provider.upload({ ...content, car: other.car }, { signal }))
    expect(error.message).toContain(`${content.cid} is missing`)
  })

  it('fails as retryable when the disk cannot be written', async () => {
    const place = path.join(directory, 'not-a-directory')
    await writeFile(place, '')
    const broken = createEmbeddedProvider({
      blockStore: createBlockStore({ directory: place }),
      diskSpace: createDiskSpace(place),
    })
    const content = await someContent(10)
    expect(await failureIn(broken.upload(content, { signal }))).toMatchObject({ isRetryable: true })
  })

  it('stops in the middle when the signal aborts, and leaves no file', async () => {
    const stop = new AbortController()
    const reason = new Error('time is up')
    const content = await someContent(2_500_000)
    const slice = content.car.slice.bind(content.car)
    const slowCar = Object.assign(slice(), {
      slice(start: number, end: number) {
        if (start > 0) stop.abort(reason)
        return slice(start, end)
      },
    })
    await expect(provider.upload({ ...content, car: slowCar }, { signal: stop.signal })).rejects.toBe(reason)
    expect(await filesIn()).toEqual([])
  })
})

describe('The block store', () => {
  it('opens each block of a clip, and knows its clip even after that was deleted', async () => {
    const store = createBlockStore({ directory })
    const content = await someContent(2_500_000)
    await provider.upload(content, { signal })
    const root = await store.open(content.cid)
    for (const { cid, sizeBytes, offset } of root?.dag.children ?? []) {
      expect(await store.rootOf(cid.toString())).toBe(content.cid)
      const leaf = await store.open(cid.toString())
      expect(leaf?.dag).toMatchObject({ sizeBytes, offset, fileBytes: sizeBytes })
    }
    await store.delete(content.cid)
    const leaf = String(root?.dag.children[0]?.cid)
    expect(await store.open(leaf)).toBeNull()
    expect(await store.rootOf(leaf)).toBe(content.cid)
    expect(await store.rootOf(content.cid)).toBeNull()
  })

  it('lists its clips with their sizes', async () => {
    const store = createBlockStore({ directory })
    const content = await someContent(2_500_000)
    await provider.upload(content, { signal })
    const listed = await Array.fromAsync(store.list())
    expect(listed.map(({ cid }) => cid)).toEqual([content.cid])
    expect(listed[0]?.sizeBytes).toBeGreaterThan(2_500_000)
  })

  it('deletes unfinished files that are more than an hour old', async () => {
    const unfinished = path.join(directory, 'unfinished')
    await mkdir(unfinished)
    for (const [name, minutes] of [
      ['old.car', 61],
      ['new.car', 59],
    ] as const) {
      await writeFile(path.join(unfinished, name), 'unfinished')
      const at = Date.now() / 1000 - minutes * 60
      await utimes(path.join(unfinished, name), at, at)
    }
    await provider.upload(await someContent(10), { signal })
    expect(await readdir(unfinished)).toEqual(['new.car'])
  })

  it('fails to open a damaged CAR', async () => {
    const store = createBlockStore({ directory })
    const content = await someContent(1000)
    await provider.upload(content, { signal })
    const [name] = await filesIn()
    await truncate(path.join(directory, name as string), 500)
    await expect(store.open(content.cid)).rejects.toThrow('damaged')
  })

  it('does not open a clip of which one bit changed, nor count as holding it, until it is uploaded again', async () => {
    const store = createBlockStore({ directory })
    const content = await someContent(1_500_000)
    await provider.upload(content, { signal })
    const [name = ''] = (await filesIn()).filter((file) => file.includes(content.cid))
    const file = await open(path.join(directory, name), 'r+')
    await file.write(Buffer.from([1, 2, 3]), 0, 3, 1_200_000)
    await file.close()
    await expect(store.open(content.cid)).rejects.toThrow('do not match its hash')
    expect(await provider.holds(content.cid, { signal })).toBe(false)
    await provider.upload(content, { signal })
    const kept = await (await store.open(content.cid))?.file()
    expect(Buffer.compare(await bytesOf(kept as Blob), await bytesOf(content.file))).toBe(0)
    expect(await provider.holds(content.cid, { signal })).toBe(true)
  })

  it('leaves the file of a clip alone when the same is put again, so that those who read it are not disturbed', async () => {
    const store = createBlockStore({ directory })
    const content = await someContent(1_500_000)
    await provider.upload(content, { signal })
    const kept = await store.open(content.cid)
    await provider.upload(content, { signal })
    const bytes = await kept?.read(fileParts(kept.dag))
    expect(
      Buffer.compare(await buffer(bytes as NonNullable<typeof bytes>), await bytesOf(content.file)),
    ).toBe(0)
  })

  it('reads nothing from a file that was written anew since the clip was opened', async () => {
    const store = createBlockStore({ directory })
    const content = await someContent(300_000)
    await provider.upload(content, { signal })
    const kept = await store.open(content.cid)
    const begun = await kept?.read(fileParts(kept.dag))
    await store.delete(content.cid)
    await writeFile(path.join(directory, content.cid.slice(-3, -1), `${content.cid}.car`), 'x'.repeat(1100))
    await expect(kept?.read(fileParts(kept.dag))).rejects.toThrow('replaced')
    await expect(buffer(begun as NonNullable<typeof begun>)).rejects.toThrow('replaced')
  })
})

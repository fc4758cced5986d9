import { rm, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freeDiskSpace } from '#lib/clips/byte-budget.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { startGatewayProvider } from '../../../support/gateway-provider.ts'
import { openGateway } from '../../../support/gateway-world.ts'
import { lacking } from '../../../support/lacking.ts'
import { canMount, smallDisk } from '../../../support/small-disk.ts'
import { bytesOf, someContent } from '../../ipfs/content.ts'

const DISK_BYTES = 8 * 1024 ** 2
const MARGIN_BYTES = DISK_BYTES / 8
const CLIP_BYTES = 700_000
const signal = new AbortController().signal

const clips = (count: number) => Array.from({ length: count }, () => CLIP_BYTES)

/** A gateway whose files are all on a small disk, and clips that only another gateway has. */
async function onSmallDisk(sizes: number[]) {
  const { directory } = await smallDisk(DISK_BYTES)
  const other = await startGatewayProvider('other')
  const world = await openGateway({
    TEMP_AUDIO_DIR: path.join(directory, 'temp'),
    IPFS_REPOSITORY_DIR: path.join(directory, 'ipfs'),
    IPFS_GATEWAYS: other.provider.gatewayUrl,
  })
  onTestFinished(() => world.close().then(other.close))
  const contents = await Promise.all(sizes.map((sizeBytes, index) => someContent(sizeBytes, index + 1)))
  for (const content of contents) {
    await other.provider.upload(content, { signal })
    await world.record(content, { provider: 'pinata' })
  }
  return {
    ...world,
    directory,
    contents,
    get: ({ cid }: IpfsContent) => fetch(`${world.origin}/ipfs/${cid}`),
    freeBytes: () => statfs(directory).then(({ bavail, bsize }) => bavail * bsize),
    isCached: async ({ cid }: IpfsContent) => (await world.services.blockCache.rootOf(cid)) !== null,
  }
}

describe.skipIf(lacking(canMount, 'only root on Linux may mount a disk of its own'))(
  'the cache of the gateway on a disk that runs short',
  { timeout: 20_000 },
  () => {
    it('leaves the margin, and drops the clips that were not used for longest', async () => {
      const { contents, get, freeBytes, isCached } = await onSmallDisk(clips(9))
      for (const content of contents) {
        const response = await get(content)
        expect(Buffer.compare(await response.bytes(), await bytesOf(content.file))).toBe(0)
        expect(await freeBytes()).toBeGreaterThanOrEqual(MARGIN_BYTES)
      }
      const [first, last] = [contents.at(0), contents.at(-1)] as [IpfsContent, IpfsContent]
      expect([await isCached(first), await isCached(last)]).toEqual([false, true])
    })

    it('is deleted before the bytes of any clip', async () => {
      const { services, record, contents, get, isCached, freeBytes } = await onSmallDisk(clips(5))
      const own = await someContent(CLIP_BYTES, 50)
      const id = await record(own, { provider: 'pinata', hasLocalBytes: true })
      await services.store.put(id, own.file.stream())
      for (const content of contents) await (await get(content)).bytes()
      await freeDiskSpace(services, (await freeBytes()) - MARGIN_BYTES + CLIP_BYTES)
      const cached = await Promise.all(contents.map(isCached))
      expect(cached.filter(Boolean).length).toBeLessThan(contents.length)
      expect(await services.catalog.clips.find(id)).toMatchObject({ hasLocalBytes: true })
      expect(await services.store.blob(id)).not.toBeNull()
    })

    it('gives way to clips of our own repository', async () => {
      const { services, contents, get, freeBytes } = await onSmallDisk(clips(5))
      for (const content of contents) await (await get(content)).bytes()
      let kept = 0
      for (; (await freeBytes()) > MARGIN_BYTES + 1.1 * CLIP_BYTES; kept += 1) {
        await services.providers[0]?.upload(await someContent(CLIP_BYTES, 100 + kept), { signal })
      }
      await services.providers[0]?.upload(await someContent(CLIP_BYTES, 100 + kept), { signal })
      expect(await freeBytes()).toBeGreaterThanOrEqual(MARGIN_BYTES)
    })

    it('lets small clips pass, names the full disk for others, and works again once there is space', async () => {
      const { directory, contents, get, freeBytes, isCached } = await onSmallDisk([CLIP_BYTES, 1_200_000])
      const [small, large] = contents as [IpfsContent, IpfsContent]
      const others = path.join(directory, 'others')
      await writeFile(others, Buffer.alloc((await freeBytes()) - MARGIN_BYTES - 100_000))
      const [first, second] = await Promise.all([get(small), get(small)])
      for (const { status, bytes } of await Promise.all([first, second].map(read))) {
        expect([status, Buffer.compare(bytes, await bytesOf(small.file))]).toEqual([200, 0])
      }
      expect(await isCached(small)).toBe(false)
      const refused = await get(large)
      expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'cache_disk_full' }])
      expect(refused.headers.get('retry-after')).toBe('60')
      await rm(others)
      expect((await get(large)).status).toBe(200)
    })
  },
)

const read = async (response: Response) => ({ status: response.status, bytes: await response.bytes() })

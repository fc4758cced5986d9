import { rm, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freeDiskSpace } from '#lib/clips/byte-budget.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { startGatewayProvider } from '../../../support/gateway-provider.ts'
import { openGateway } from '../../../support/gateway-world.ts'
import { canMount, smallDisk } from '../../../support/small-disk.ts'
import { bytesOf, someContent } from '../../ipfs/content.ts'

const DISK_BYTES = 8 * 1024 ** 2
const MARGIN_BYTES = DISK_BYTES / 8
const CLIP_BYTES = 700_000
const signal = new AbortController().signal

/** A gateway whose files are all on a small disk, and clips that only another gateway has. */
async function onSmallDisk(clips: number) {
  const { directory } = await smallDisk(DISK_BYTES)
  const other = await startGatewayProvider('other')
  const world = await openGateway({
    TEMP_AUDIO_DIR: path.join(directory, 'temp'),
    IPFS_REPOSITORY_DIR: path.join(directory, 'ipfs'),
    IPFS_GATEWAYS: other.provider.gatewayUrl,
  })
  onTestFinished(() => world.close().then(other.close))
  const contents = await Promise.all(
    Array.from({ length: clips }, (_, index) => someContent(CLIP_BYTES, index + 1)),
  )
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

describe.runIf(canMount)('the cache of the gateway on a disk that runs short', { timeout: 20_000 }, () => {
  it('leaves the margin, and drops the clips that were not used for longest', async () => {
    const { contents, get, freeBytes, isCached } = await onSmallDisk(9)
    for (const content of contents) {
      const response = await get(content)
      expect(Buffer.compare(await response.bytes(), await bytesOf(content.file))).toBe(0)
      expect(await freeBytes()).toBeGreaterThanOrEqual(MARGIN_BYTES)
    }
    const [first, last] = [contents.at(0), contents.at(-1)] as [IpfsContent, IpfsContent]
    expect([await isCached(first), await isCached(last)]).toEqual([false, true])
  })

  it('is deleted before the bytes of any clip', async () => {
    const { services, record, contents, get, isCached, freeBytes } = await onSmallDisk(5)
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
    const { services, contents, get, freeBytes } = await onSmallDisk(5)
    for (const content of contents) await (await get(content)).bytes()
    let kept = 0
    for (; (await freeBytes()) > MARGIN_BYTES + 1.1 * CLIP_BYTES; kept += 1) {
      await services.providers[0]?.upload(await someContent(CLIP_BYTES, 100 + kept), { signal })
    }
    await services.providers[0]?.upload(await someContent(CLIP_BYTES, 100 + kept), { signal })
    expect(await freeBytes()).toBeGreaterThanOrEqual(MARGIN_BYTES)
  })

  it('says that its disk is full where nothing of it can be dropped, and works again once there is space', async () => {
    const { directory, contents, get, freeBytes } = await onSmallDisk(1)
    const [content] = contents as [IpfsContent]
    const others = path.join(directory, 'others')
    await writeFile(others, Buffer.alloc((await freeBytes()) - MARGIN_BYTES - CLIP_BYTES))
    const refused = await get(content)
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'cache_disk_full' }])
    expect(refused.headers.get('retry-after')).toBe('60')
    await rm(others)
    expect((await get(content)).status).toBe(200)
  })
})

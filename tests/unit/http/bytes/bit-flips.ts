import { readFile, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CID } from 'multiformats'
import { expect } from 'vitest'
import { audit } from '#lib/clips/audit.ts'
import { createBlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { checkBlock } from '#lib/ipfs/blocks/car-reader.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'
import { startGatewayProvider } from '../../../support/gateway-provider.ts'
import { type GatewayWorld, openGateway } from '../../../support/gateway-world.ts'
import { seededRandom } from '../../../support/random.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'
import { bytesOf, openCar, someContent } from '../../ipfs/content.ts'

const places = ['clips', 'cache', 'temp'] as const
const signal = new AbortController().signal
const largeBytes = 1_500_000

/** A file of which one bit changed while no process ran. */
interface Damaged {
  place: (typeof places)[number]
  content: IpfsContent
  hasOtherCopy: boolean
  id: string
  file: string
  damagedBytes: Buffer
}

/**
 * Stores `files` clips in repository, cache and temporary store in turn, every other one with a second copy elsewhere,
 * changes one bit of each file, starts the service again and asks for all of them in every form, in random order. Returns
 * how many were found to be damaged, by repair or refusal.
 */
export async function flipBits({ seed, files }: { seed: number; files: number }) {
  const random = seededRandom(seed)
  const other = await startGatewayProvider('other')
  const environment = {
    TEMP_AUDIO_DIR: await temporaryDirectory(),
    IPFS_REPOSITORY_DIR: await temporaryDirectory(),
    IPFS_GATEWAYS: other.provider.gatewayUrl,
  }
  const before = await openGateway(environment)
  const damaged: Damaged[] = []
  for (let index = 0; index < files; index += 1) {
    const place = places[index % places.length] as Damaged['place']
    const hasOtherCopy = index % (2 * places.length) < places.length
    const content = await someContent(index % 7 === 3 ? largeBytes : 1000 + random() * 50_000, seed + index)
    if (hasOtherCopy) await other.provider.upload(content, { signal })
    const { id, file } = await keep(before, environment, { place, content, hasOtherCopy })
    damaged.push({ place, content, hasOtherCopy, id, file, damagedBytes: await flipOneBit(file, random) })
  }
  await before.close()

  const world = await openGateway(environment)
  for (const clip of [...damaged].sort(() => random() - 0.5)) await askInEveryForm(world, clip, random)
  await world.services.tasks.settled()
  const found = world.log.filter(({ msg }) => /damaged|cannot be read/.test(String(msg)))
  await audit(world.services, { limit: files, before: world.services.clock.now() + 1, signal })
  for (const clip of damaged) await expectRepairedOrKept(environment, clip)
  await world.close()
  await other.close()
  return new Set(found.map(({ cid }) => cid)).size
}

type Directories = { TEMP_AUDIO_DIR: string; IPFS_REPOSITORY_DIR: string }

async function keep(
  { services, record }: GatewayWorld,
  { TEMP_AUDIO_DIR, IPFS_REPOSITORY_DIR }: Directories,
  { place, content, hasOtherCopy }: Pick<Damaged, 'place' | 'content' | 'hasOtherCopy'>,
) {
  if (place === 'temp') {
    const id = await record(content, { provider: hasOtherCopy ? 'pinata' : null, hasLocalBytes: true })
    await services.store.put(id, content.file.stream())
    return { id, file: path.join(TEMP_AUDIO_DIR, 'audio', id) }
  }
  const store = place === 'clips' ? services.blockStore : services.blockCache
  await store.put(content.cid, content.car.stream())
  const id = await record(content, { provider: place === 'clips' ? 'embedded' : 'pinata' })
  const { cid } = content
  return { id, file: path.join(IPFS_REPOSITORY_DIR, place, cid.slice(-3, -1), `${cid}.car`) }
}

/** As a disk does it: size, times and inode stay. */
async function flipOneBit(file: string, random: () => number): Promise<Buffer> {
  const { atime, mtime } = await stat(file)
  const bytes = await readFile(file)
  const at = Math.floor(random() * bytes.length)
  bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8))
  await writeFile(file, bytes, { flag: 'r+' })
  await utimes(file, atime, mtime)
  return bytes
}

async function askInEveryForm({ origin }: GatewayWorld, clip: Damaged, random: () => number) {
  const { content, place, id } = clip
  const original = await bytesOf(content.file)
  const url = place === 'temp' ? `${origin}/api/temp-audio/${id}` : `${origin}/ipfs/${content.cid}`
  const ask = async (query: string, init?: RequestInit) => {
    const response = await fetch(`${url}${query}`, init)
    // Only a file that is damaged and has no copy is refused.
    if (response.ok) return response.bytes()
    expect([clip.hasOtherCopy, response.status, await response.json()]).toMatchObject([
      false,
      503,
      { code: 'content_damaged' },
    ])
    return undefined
  }
  const forms = [
    async () => {
      const bytes = await ask('')
      if (bytes) expect(Buffer.compare(bytes, original)).toBe(0)
    },
    async () => {
      const start = Math.floor(random() * original.length)
      const bytes = await ask('', { headers: { range: `bytes=${start}-` } })
      if (bytes) expect(Buffer.compare(bytes, original.subarray(start))).toBe(0)
    },
    async () => {
      const bytes = await ask('?format=raw')
      if (bytes && place !== 'temp') checkBlock(CID.parse(content.cid), bytes)
    },
    async () => {
      const bytes = await ask('?format=car')
      if (bytes && place !== 'temp') {
        expect(Buffer.compare((await openCar(bytes)).file, original)).toBe(0)
      }
    },
    async () => {
      const { status } = await fetch(url, { method: 'HEAD' })
      expect(clip.hasOtherCopy ? [200] : [200, 503]).toContain(status)
    },
  ]
  for (const form of forms.sort(() => random() - 0.5)) await form()
}

async function expectRepairedOrKept(directories: Directories, clip: Damaged) {
  const { place, content, id, file, damagedBytes, hasOtherCopy } = clip
  if (!hasOtherCopy) return expect(Buffer.compare(await readFile(file), damagedBytes)).toBe(0)
  const kept =
    place === 'temp'
      ? await createFilesystemStore({ directory: path.join(directories.TEMP_AUDIO_DIR, 'audio') }).blob(id)
      : await createBlockStore({ directory: path.join(directories.IPFS_REPOSITORY_DIR, place) })
          .open(content.cid)
          .then((dag) => dag?.file())
  expect(Buffer.compare(await bytesOf(kept as Blob), await bytesOf(content.file))).toBe(0)
}

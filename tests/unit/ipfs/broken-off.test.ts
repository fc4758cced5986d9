import { openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { createTranscoder } from '#lib/audio/opus/transcoder.ts'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import { putFile } from '#lib/ipfs/blocks/fetch-content.ts'
import { createEmbeddedProvider } from '#lib/ipfs/providers/embedded.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { lacking } from '../../support/lacking.ts'
import { openFilesBelow } from '../../support/open-files.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { someBytes } from './content.ts'

const { signal } = new AbortController()
/** A sink that fails in the middle. */
const failing = {
  async put(_: string, car: AsyncIterable<Uint8Array>) {
    let sizeBytes = 0
    for await (const chunk of car) {
      sizeBytes += chunk.byteLength
      if (sizeBytes > 100_000) throw new Error('no space left on device')
    }
  },
}
/** A thread that makes more bytes of all bytes than anybody wants. */
const echo =
  'const { parentPort: p } = require("node:worker_threads"); p.on("message", (bytes) => p.postMessage(bytes))'

type Use = (file: Blob) => Promise<unknown>

const embedded: Use = async (file) => {
  const blockStore = failing as unknown as Parameters<typeof createEmbeddedProvider>[0]['blockStore']
  const diskSpace = { hasSpace: async () => true } as Parameters<
    typeof createEmbeddedProvider
  >[0]['diskSpace']
  const content = { ...(await packCar(file)), file, fileName: 'clip.mp3', mimeType: 'audio/mpeg' }
  return createEmbeddedProvider({ blockStore, diskSpace }).upload(content, { signal })
}
const fetched: Use = async (file) => putFile(failing, (await packCar(file)).cid, file, { signal })
const reEncoded: Use = (file) => {
  const format = { codec: 'pcm', sampleRateHz: 16_000 } as const
  const transcoder = createTranscoder({
    clock: systemClock,
    timeoutMs: 20_000,
    startThread: () => new Worker(echo, { eval: true }),
  })
  return transcoder.transcode(file, { format, bitRateKbps: 32 }, { maxBytes: 1, signal })
}

it.skipIf(lacking(process.platform === 'linux', 'only Linux tells which files a process has open')).each([
  ['stored by the embedded repository', embedded],
  ['packed for the cache', fetched],
  ['re-encoded', reEncoded],
])('the file of a clip does not stay open when it is %s and that breaks off', async (_, use) => {
  const place = path.join(await temporaryDirectory(), 'clip')
  await writeFile(place, someBytes(3_000_000))
  for (let times = 0; times < 3; times += 1) await use(await openAsBlob(place)).catch(() => {})
  await until('closed files', () => openFilesBelow(place).length === 0, { timeoutMs: 2000 })
  expect(openFilesBelow(place)).toEqual([])
})

import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Image, layOutImage } from '../support/image/image.ts'
import { startInImage, vocalize } from '../support/image/running.ts'
import { lacking } from '../support/lacking.ts'
import { freePort } from '../support/servers/free-port.ts'
import { startPostgres } from '../support/servers/postgres.ts'
import { startRedis } from '../support/servers/redis.ts'
import { startS3 } from '../support/servers/s3.ts'
import { until } from '../support/until.ts'

const MEGABYTE = 1_000_000
/** A new package that brings as much along as all others together is noticed. */
const LARGEST_BYTES = 95 * MEGABYTE

let image: Image
beforeAll(async () => {
  image = await layOutImage()
})
afterAll(() => image?.remove())

const servers = await startServers()
afterAll(() => servers?.stop())

async function startServers() {
  const [postgres, redis] = await Promise.allSettled([startPostgres(), startRedis()])
  if (postgres.status === 'rejected' || redis.status === 'rejected') {
    if (postgres.status === 'fulfilled') await postgres.value.stop()
    if (redis.status === 'fulfilled') await redis.value.stop()
    return undefined
  }
  const s3 = await startS3()
  return {
    environment: {
      ...s3.environment(),
      DATABASE_URL: postgres.value.url,
      REDIS_URL: redis.value.url,
      LOG_LEVEL: 'warn',
    },
    stop: () => Promise.all([postgres.value.stop(), redis.value.stop(), s3.stop()]),
  }
}

describe.skipIf(lacking(servers !== undefined, 'there is no Postgres or no Redis'))(
  'the container image beside Postgres, Redis and a store',
  () => {
    it('takes a clip that its worker brings to IPFS', async () => {
      const shared = servers?.environment ?? {}
      const web = await startInImage(image, { ...shared, BACKGROUND: 'off' })
      const { id, isTemporary, audioUrl, bytes } = await vocalize(web.baseUrl)
      expect(isTemporary).toBe(true)
      expect(await (await fetch(audioUrl)).bytes()).toHaveLength(bytes)
      const workerPort = await freePort()
      const settings = {
        ...shared,
        IPFS_PROVIDERS: 'embedded',
        WORKER_PORT: String(workerPort),
        PORT: String(workerPort),
      }
      const worker = await startInImage(image, settings, ['node', 'dist/bin/worker.js'])
      await until('the clip on IPFS', async () => {
        const { data } = await (await fetch(`${web.baseUrl}/api/clips/${id}`)).json()
        return data.state === 'stored'
      })
      expect(await Promise.all([worker.stop(), web.stop()])).toEqual([0, 0])
    })
  },
)

describe('the container image', () => {
  it('is small, and nobody in it is root', () => {
    console.log(`The final stage adds ${(image.sizeBytes / MEGABYTE).toFixed(1)} MB to its base image`)
    expect(image.sizeBytes).toBeLessThan(LARGEST_BYTES)
    expect(image.stage.user).toBe('1000:1000')
  })

  it('has our licence, and those of all that it carries', () => {
    const read = (file: string) => readFileSync(path.join(image.folder, image.stage.workdir, file), 'utf8')
    expect(read('LICENSE')).toContain('MIT License')
    const notices = read('THIRD_PARTY_NOTICES')
    const packages = globSync('node_modules/{*,@*/*}/package.json', {
      cwd: path.join(image.folder, image.stage.workdir),
    }).map((file) => path.dirname(file).slice('node_modules/'.length))
    const missing = packages.filter((name) => !name.startsWith('.') && !notices.includes(`\n${name} `))
    expect(missing).toEqual([])
  })

  it('speaks, re-encodes, serves audio and pages, and stops when it is asked to', async () => {
    const service = await startInImage(image, { AUDIO_OPTIMIZE: 'opus', LOG_LEVEL: 'warn' })
    const clip = await vocalize(service.baseUrl)
    expect(clip).toMatchObject({ isTemporary: false, provider: 'embedded', mimeType: 'audio/ogg' })
    const audio = await fetch(clip.audioUrl)
    expect(
      Buffer.from(await audio.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe('OggS')
    const { pathname } = new URL(clip.pageUrl)
    for (const page of ['/', '/docs', '/dashboard', pathname]) await expectWhole(service.baseUrl, page)
    expect((await fetch(`${service.baseUrl}/robots.txt`)).status).toBe(200)
    expect(await service.stop()).toBe(0)
    service.output.assertJson()
  })
})

/** Loads a page with every file that it names. */
async function expectWhole(baseUrl: string, page: string) {
  const response = await fetch(baseUrl + page)
  expect([page, response.status]).toEqual([page, 200])
  const files = new Set((await response.text()).match(/\/_next\/static\/[\w./~-]+\.(?:js|css|woff2)/g))
  expect(files.size).toBeGreaterThan(3)
  const statuses = await Promise.all([...files].map(async (file) => (await fetch(baseUrl + file)).status))
  expect(new Set(statuses)).toEqual(new Set([200]))
}

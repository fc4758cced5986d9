import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Image, layOutImage } from '../support/image/image.ts'
import { startInImage, vocalize } from '../support/image/running.ts'

const MEGABYTE = 1_000_000
/** A new package that brings as much along as all others together is noticed. */
const LARGEST_BYTES = 95 * MEGABYTE

let image: Image
beforeAll(async () => {
  image = await layOutImage()
})
afterAll(() => image.remove())

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

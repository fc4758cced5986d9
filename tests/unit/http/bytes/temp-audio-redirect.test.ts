import { describe, expect, it, onTestFinished } from 'vitest'
import { answerTempAudio } from '#lib/http/bytes/temp-audio.ts'
import { respond } from '#lib/http/respond.ts'
import { newClipId } from '#lib/model/clip.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { startS3 } from '../../../support/servers/s3.ts'
import { speak, testServices } from '../../../support/services.ts'
import { speechMp3 } from '../../../support/stub-vendors/audio.ts'

const HOUR_MS = 3_600_000
const text = 'A clip to listen to'
const bytes = speechMp3(100, text)

/** A clip in a bucket that listeners are sent to. `advance` moves the clock. */
async function withClip(environment: Record<string, string> = {}) {
  const server = await startS3()
  onTestFinished(() => server.stop())
  let aheadMs = 0
  const clock = { ...systemClock, now: () => Date.now() + aheadMs }
  const world = await testServices({
    clock,
    environment: { ...server.environment(), S3_REDIRECT: 'true', ...environment },
  })
  onTestFinished(() => world.services.s3?.bucket.close())
  const clip = await speak(world.services, text)
  const get = (headers: Record<string, string> = {}, init: RequestInit & { query?: string } = {}) => {
    const url = `http://localhost/api/temp-audio/${clip.id}${init.query ?? ''}`
    return respond(world.services, new Request(url, { headers, ...init }), answerTempAudio)
  }
  const advance = (ms: number) => {
    aheadMs += ms
  }
  return { ...world, server, clip, get, advance }
}

const secondsOf = (url: string) => Number(new URL(url).searchParams.get('X-Amz-Expires'))
const locationOf = (response: Response) => response.headers.get('Location') as string

describe('GET /api/temp-audio with S3_REDIRECT=true', () => {
  it('redirects to the bucket, which sends the bytes with their type', async () => {
    const { get, clip, server } = await withClip()
    const response = await get()
    expect(response.status).toBe(302)
    const location = locationOf(response)
    expect(location.startsWith(server.url)).toBe(true)
    const { searchParams } = new URL(location)
    expect(searchParams.get('response-content-type')).toBe('audio/mpeg')
    expect(searchParams.get('response-content-disposition')).toBe(`inline; filename="${clip.id}.mp3"`)
    const followed = await fetch(location, { headers: { Range: 'bytes=10-19' } })
    expect(followed.status).toBe(206)
    expect(Buffer.from(await followed.arrayBuffer())).toEqual(bytes.subarray(10, 20))
  })

  it('passes ?download on to the bucket', async () => {
    const { get, clip } = await withClip()
    const { searchParams } = new URL(locationOf(await get({}, { query: '?download' })))
    expect(searchParams.get('response-content-disposition')).toBe(`attachment; filename="${clip.id}.mp3"`)
  })

  it('gives a URL that is valid for minutes and not cached, with a Link to the permanent URL', async () => {
    const { get, clip } = await withClip()
    const response = await get()
    expect(secondsOf(locationOf(response))).toBe(300)
    expect(response.headers.get('Cache-Control')).toBe('private, no-store')
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(response.headers.get('Link')).toBe(`<${clip.permanentUrl}>; rel="canonical"`)
  })

  it('gives a URL that ends no later than the clip', async () => {
    const { get, advance } = await withClip()
    advance(HOUR_MS - 100_000)
    const seconds = secondsOf(locationOf(await get()))
    expect(seconds).toBeGreaterThan(90)
    expect(seconds).toBeLessThanOrEqual(100)
  })

  it('sends the bytes itself in the last seconds of a clip', async () => {
    const { get, advance } = await withClip()
    advance(HOUR_MS - 20_000)
    const response = await get()
    expect(response.status).toBe(200)
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
  })

  it('does not redirect answers without bytes', async () => {
    const { get, clip, services } = await withClip()
    const etag = `"${clip.cid}"`
    const head = await get({}, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('Content-Length')).toBe(String(bytes.length))
    expect((await get({ 'If-None-Match': etag })).status).toBe(304)
    expect((await get({ 'If-Match': '"another"' })).status).toBe(412)
    expect((await get({ Range: `bytes=${bytes.length}-` })).status).toBe(416)
    const unknown = new Request(`http://localhost/api/temp-audio/${newClipId()}`)
    expect((await respond(services, unknown, answerTempAudio)).status).toBe(404)
  })

  it('contains no secret of the bucket in the URL', async () => {
    const { get, server } = await withClip()
    const response = await get()
    expect(JSON.stringify([...response.headers])).not.toContain(server.environment().S3_SECRET_ACCESS_KEY)
  })
})

describe('GET /api/temp-audio without S3_REDIRECT', () => {
  it('sends the bytes of the bucket, and ranges of them', async () => {
    const { get, server, clip } = await withClip({ S3_REDIRECT: 'false' })
    expect(server.objects()).toEqual([`audio/${clip.id}`])
    const whole = await get()
    expect(whole.status).toBe(200)
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
    const part = await get({ Range: 'bytes=-5' })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(-5))
  })
})

import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { deleteBytes } from '#lib/clips/expire.ts'
import { vocalize } from '#lib/clips/vocalize.ts'
import type { Services } from '#lib/context.ts'
import { answerTempAudio } from '#lib/http/bytes/temp-audio.ts'
import { respond } from '#lib/http/respond.ts'
import { newClipId } from '#lib/model/clip.ts'
import { unavailable } from '../../../support/fake-provider.ts'
import { speak, testServices, waitingClips } from '../../../support/services.ts'
import { speechMp3 } from '../../../support/stub-vendors/audio.ts'
import { hostileIds } from '../../temp-audio/store-subject.ts'

const HOUR_MS = 3_600_000
const text = 'A clip to listen to'
const bytes = speechMp3(100, text)

function get(services: Services, id: string, headers: Record<string, string> = {}, init: RequestInit = {}) {
  const url = `http://localhost/api/temp-audio/${id}`
  return respond(services, new Request(url, { headers, ...init }), answerTempAudio)
}

async function withClip(environment: Record<string, string> = {}) {
  const world = await testServices({ environment })
  for (const provider of world.providers) provider.always(unavailable(HOUR_MS))
  const clip = await speak(world.services, text)
  for (const provider of world.providers) provider.always('store')
  return { ...world, clip }
}

const bodyOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

describe('GET /api/temp-audio of a pending clip', () => {
  it('sends the bytes with their headers', async () => {
    const { services, clip } = await withClip()
    const response = await get(services, clip.id)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': String(bytes.length),
      'cache-control': 'public, max-age=3600',
      'accept-ranges': 'bytes',
      etag: `"${clip.cid}"`,
      'last-modified': new Date(clip.stagedAt as number).toUTCString(),
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
      'content-disposition': `inline; filename="${clip.id}.mp3"`,
    })
    expect((await bodyOf(response)).equals(bytes)).toBe(true)
  })

  it('answers HEAD like GET, without the bytes', async () => {
    const { services, clip } = await withClip()
    const [head, whole] = [await get(services, clip.id, {}, { method: 'HEAD' }), await get(services, clip.id)]
    expect(head.status).toBe(200)
    expect(head.body).toBeNull()
    const same = ([name]: [string, string]) => name !== 'x-request-id'
    expect([...head.headers].filter(same)).toEqual([...whole.headers].filter(same))
    await whole.body?.cancel()
  })

  it('answers HEAD like GET where the bytes are damaged or missing, and nobody else has them', async () => {
    const { services, clip, audioDirectory } = await withClip()
    const answers = async () => {
      const [head, whole] = [
        await get(services, clip.id, {}, { method: 'HEAD' }),
        await get(services, clip.id),
      ]
      return [head.status, whole.status, (await whole.json()).code]
    }
    await writeFile(path.join(audioDirectory, clip.id), 'something else')
    expect(await answers()).toEqual([503, 503, 'content_damaged'])
    await rm(path.join(audioDirectory, clip.id))
    expect(await answers()).toEqual([503, 503, 'storage_unavailable'])
  })

  it('answers HEAD with a Range as if there were none', async () => {
    const { services, clip } = await withClip()
    const head = await get(services, clip.id, { Range: 'bytes=0-1' }, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('Content-Length')).toBe(String(bytes.length))
  })

  it.each([
    ['bytes=0-1', 0, 1],
    ['bytes=100-', 100, bytes.length - 1],
    ['bytes=-100', bytes.length - 100, bytes.length - 1],
    ['bytes=0-99999', 0, bytes.length - 1],
    ['bytes=10-11,0-1', 10, 11],
  ])('sends the part for %s', async (range, start, end) => {
    const { services, clip } = await withClip()
    const response = await get(services, clip.id, { Range: range })
    expect(response.status).toBe(206)
    expect(response.headers.get('Content-Range')).toBe(`bytes ${start}-${end}/${bytes.length}`)
    expect(response.headers.get('Content-Length')).toBe(String(end - start + 1))
    expect((await bodyOf(response)).equals(bytes.subarray(start, end + 1))).toBe(true)
  })

  it('answers 416 with the size to a range outside of the clip', async () => {
    const { services, clip } = await withClip()
    const response = await get(services, clip.id, { Range: 'bytes=99999-' })
    expect(response.status).toBe(416)
    expect(response.headers.get('Content-Range')).toBe(`bytes */${bytes.length}`)
    expect(await response.json()).toMatchObject({ code: 'range_not_satisfiable', success: false })
  })

  it.each([
    ['a malformed part', { Range: 'bytes=x' }],
    ['a part of another clip', { Range: 'bytes=0-1', 'If-Range': '"another"' }],
  ])('sends the whole for %s', async (_, headers) => {
    const { services, clip } = await withClip()
    const response = await get(services, clip.id, headers)
    expect(response.status).toBe(200)
    expect(await bodyOf(response)).toHaveLength(bytes.length)
  })

  it('sends a part where If-Range has the ETag of the clip', async () => {
    const { services, clip } = await withClip()
    const response = await get(services, clip.id, { Range: 'bytes=0-1', 'If-Range': `"${clip.cid}"` })
    expect(response.status).toBe(206)
    await response.body?.cancel()
  })

  it('answers 304 to its own ETag in If-None-Match, and 412 to another one in If-Match', async () => {
    const { services, clip } = await withClip()
    const known = await get(services, clip.id, { 'If-None-Match': `"${clip.cid}"` })
    expect(known.status).toBe(304)
    expect(known.body).toBeNull()
    expect(known.headers.get('ETag')).toBe(`"${clip.cid}"`)
    expect((await get(services, clip.id, { 'If-Match': '"another"' })).status).toBe(412)
  })

  it('is an attachment with ?download', async () => {
    const { services, clip } = await withClip()
    const response = await get(services, `${clip.id}?download`, {}, { method: 'HEAD' })
    expect(response.headers.get('Content-Disposition')).toBe(`attachment; filename="${clip.id}.mp3"`)
  })

  it('limits max-age to the time that the clip has left', async () => {
    const { services, clip, clock } = await withClip()
    await clock.advance(HOUR_MS - 90_500)
    const response = await get(services, clip.id, {}, { method: 'HEAD' })
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=90')
    clock.set(-24 * HOUR_MS)
    const early = await get(services, clip.id, {}, { method: 'HEAD' })
    expect(early.headers.get('Cache-Control')).toBe('public, max-age=3600')
  })
})

describe('GET /api/temp-audio', () => {
  it('links to the permanent URL of a stored clip', async () => {
    const { services } = await testServices()
    const clip = await speak(services)
    const response = await get(services, clip.id)
    expect(response.status).toBe(200)
    expect(response.headers.get('Link')).toBe(`<${clip.permanentUrl}>; rel="canonical"`)
    await response.body?.cancel()
  })

  it.each(['GET', 'HEAD'])(
    'redirects a %s to the permanent URL once the local bytes are deleted',
    async (method) => {
      const { services } = await testServices()
      const clip = await speak(services)
      await deleteBytes(services, [clip])
      const response = await get(services, clip.id, {}, { method })
      expect(response.status).toBe(302)
      expect(response.headers.get('Location')).toBe(clip.permanentUrl)
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
    },
  )

  it('redirects to the permanent URL where the local bytes are missing without a record of it', async () => {
    const { services } = await testServices()
    const clip = await speak(services)
    await services.store.delete(clip.id)
    const response = await get(services, clip.id)
    expect(response.status).toBe(302)
    expect(response.headers.get('Location')).toBe(clip.permanentUrl)
    expect(response.headers.get('Content-Length')).toBeNull()
  })

  it('redirects to the permanent URL where the store fails', async () => {
    const { services, lines } = await testServices()
    const clip = await speak(services)
    const store = { ...services.store, read: () => Promise.reject(new Error('SlowDown')) }
    const response = await get({ ...services, store }, clip.id)
    expect(response.status).toBe(302)
    expect(response.headers.get('Location')).toBe(clip.permanentUrl)
    expect(lines.at(-1)).toMatchObject({ level: 'warn', clipId: clip.id, err: { message: 'SlowDown' } })
  })

  it('answers 503 where the bytes of a pending clip are missing', async () => {
    const { services, audioDirectory } = await testServices()
    const [id = ''] = await waitingClips(services, 1)
    await rm(audioDirectory, { recursive: true })
    const response = await get(services, id)
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toBe('60')
    expect(await response.json()).toMatchObject({ code: 'storage_unavailable' })
  })

  it('answers 503 without internal details where the store fails', async () => {
    const { services } = await testServices()
    const [id = ''] = await waitingClips(services, 1)
    const store = {
      ...services.store,
      read: () => Promise.reject(new Error("EIO: i/o error, open '/data/x'")),
    }
    const response = await get({ ...services, store }, id)
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('/data')
  })

  it('answers 410 from the moment at which the clip expires, before any clean-up', async () => {
    const { services, clip, clock } = await withClip()
    await clock.advance(HOUR_MS - 1)
    const last = await get(services, clip.id)
    expect(last.status).toBe(200)
    await last.body?.cancel()
    await clock.advance(1)
    const response = await get(services, clip.id)
    expect(response.status).toBe(410)
    expect(await response.json()).toMatchObject({ code: 'expired', success: false })
  })

  it('still sends the clip after its time with KEEP_PENDING_AUDIO', async () => {
    const { services, clip, clock } = await withClip({ KEEP_PENDING_AUDIO: 'true' })
    await clock.advance(5 * HOUR_MS)
    const response = await get(services, clip.id)
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=0')
    await response.body?.cancel()
  })
})

describe('GET /api/temp-audio without a clip', () => {
  it('takes the id in upper case, and the extension that fits', async () => {
    const { services, clip } = await withClip()
    for (const name of [`${clip.id}.mp3`, clip.id.toUpperCase(), `${clip.id.toUpperCase()}.MP3`]) {
      const response = await get(services, name)
      expect([name, response.status]).toEqual([name, 200])
      expect((await bodyOf(response)).equals(bytes)).toBe(true)
    }
  })

  it.each(['wav', 'mp3.mp3', ''])(
    'answers 404 to the extension %j, and names the right one',
    async (extension) => {
      const { services, clip } = await withClip()
      const response = await get(services, `${clip.id}.${extension}`)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({
        code: 'not_found',
        detail: `This clip is audio/mpeg: its file is ${clip.id}.mp3`,
      })
    },
  )

  it('answers 404 to an unknown id', async () => {
    const { services } = await testServices()
    const response = await get(services, newClipId())
    expect(response.status).toBe(404)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'not_found' })
  })

  it('answers 404 while the clip is being spoken', async () => {
    const { services, speech } = await testServices()
    const id = newClipId()
    speech.beforeChunk = async () => {
      const response = await get(services, id)
      expect(response.status).toBe(404)
    }
    await vocalize(services, { text: 'Not yet', voiceId: 'slt' }, { requestId: 'r', id })
    expect.assertions(speechMp3(100, 'Not yet').length > 500 ? 2 : 1)
  })

  it.each(hostileIds.map((id) => [JSON.stringify(id), id]))(
    'answers 404 to the id %s without asking the store',
    async (_, id) => {
      const { services } = await testServices()
      const asked: unknown[] = []
      const store = new Proxy(services.store, {
        get: (_target, method) => {
          asked.push(method)
        },
      })
      for (const path of [encodeURIComponent(id), id.replaceAll(/[\0\n]/g, '')]) {
        const response = await get({ ...services, store }, path)
        expect(response.status).toBe(404)
      }
      expect(asked).toEqual([])
    },
  )

  it('can be read by pages of any origin, whatever CORS_ALLOWED_ORIGINS is', async () => {
    const { services } = await testServices({ environment: { CORS_ALLOWED_ORIGINS: 'https://app.test' } })
    const response = await get(services, newClipId(), { Origin: 'https://elsewhere.test' })
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(response.headers.get('Access-Control-Expose-Headers')).toContain('X-Request-Id')
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { pathOf, quick } from '../support/operator.ts'
import { rawRequest } from '../support/raw-http.ts'
import { startService } from '../support/service.ts'
import { environmentFor, statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors, useWorld } from '../support/world.ts'

describe('a clip that is kept temporarily, over the wire', () => {
  const world = useWorld()
  let path: string
  let cid: string
  let audio: Buffer

  beforeAll(async () => {
    await world.vendors.always('pinata', statusFault(500))
    const { body } = await world.service.vocalize({ text: 'x'.repeat(100), voiceId: 'slt' })
    path = pathOf(body.data.audioUrl)
    cid = body.data.cid
    audio = Buffer.from(await (await world.service.fetch(path)).bytes())
  })

  const get = (...headers: string[]) =>
    rawRequest(world.service.baseUrl, [`GET ${path} HTTP/1.1`, ...headers])
  const head = (...headers: string[]) =>
    rawRequest(world.service.baseUrl, [`HEAD ${path} HTTP/1.1`, ...headers])

  it('GET: 200 with a true Content-Length and the headers of the contract', async () => {
    const { status, headers, body } = await get()
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': String(audio.length),
      'accept-ranges': 'bytes',
      etag: `"${cid}"`,
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
    })
    expect(headers).not.toHaveProperty('transfer-encoding')
    expect(headers['content-disposition']).not.toMatch(/^attachment/)
    const maxAge = Number(headers['cache-control']?.match(/^public, max-age=(\d+)$/)?.[1])
    expect(maxAge).toBeGreaterThan(3500)
    expect(maxAge).toBeLessThanOrEqual(3600)
    expect(body.equals(audio)).toBe(true)
  })

  it('HEAD: the same headers and no body', async () => {
    const [got, headed] = [await get(), await head()]
    expect(headed.status).toBe(200)
    expect(headed.body).toHaveLength(0)
    for (const name of ['content-type', 'content-length', 'accept-ranges', 'etag']) {
      expect(headed.headers[name]).toBe(got.headers[name])
    }
  })

  it.each([
    ['bytes=0-1', 0, 1],
    ['bytes=100-199', 100, 199],
    ['bytes=100-', 100, undefined],
    ['bytes=-100', -100, undefined],
    ['bytes=0-99999999', 0, undefined],
    ['bytes=-99999999', 0, undefined],
  ])('Range %s: 206 with just these bytes', async (range, start, end) => {
    const expected = audio.subarray(start, end === undefined ? undefined : end + 1)
    const first = start < 0 ? audio.length + start : start
    const { status, headers, body } = await get(`Range: ${range}`)
    expect(status).toBe(206)
    expect(headers['content-range']).toBe(`bytes ${first}-${first + expected.length - 1}/${audio.length}`)
    expect(headers['content-length']).toBe(String(expected.length))
    expect(body.equals(expected)).toBe(true)
  })

  it.each(['bytes=99999999-', 'bytes=-0', 'bytes=5-2'])('Range %s: 416 with the size', async (range) => {
    const { status, headers } = await get(`Range: ${range}`)
    expect(status).toBe(416)
    expect(headers['content-range']).toBe(`bytes */${audio.length}`)
    expect(headers['content-type']).toBe('application/problem+json')
  })

  it.each(['bytes=abc', 'lines=0-1', 'bytes', 'bytes=', 'bytes=--1'])(
    'Range %s means nothing and is ignored',
    async (range) => {
      const { status, body } = await get(`Range: ${range}`)
      expect([status, body.length]).toEqual([200, audio.length])
    },
  )

  it('HEAD ignores Range, which is for GET alone', async () => {
    const { status, headers } = await head('Range: bytes=0-1')
    expect([status, headers['content-length']]).toEqual([200, String(audio.length)])
  })

  it('If-Range: the part when it is still this clip, else the whole', async () => {
    expect((await get('Range: bytes=0-9', `If-Range: "${cid}"`)).status).toBe(206)
    expect((await get('Range: bytes=0-9', 'If-Range: "another"')).status).toBe(200)
    expect((await get('Range: bytes=0-9', `If-Range: W/"${cid}"`)).status).toBe(200)
  })

  it('If-None-Match: 304 without a body when the caller has it', async () => {
    for (const value of [`"${cid}"`, `"x", W/"${cid}"`, '*']) {
      const { status, headers, body } = await get(`If-None-Match: ${value}`)
      expect([status, headers.etag, body.length]).toEqual([304, `"${cid}"`, 0])
    }
    expect((await get('If-None-Match: "another"')).status).toBe(200)
  })

  it('?download: as a file with a name', async () => {
    const { headers } = await rawRequest(world.service.baseUrl, [`GET ${path}?download HTTP/1.1`])
    expect(headers['content-disposition']).toMatch(/^attachment; filename="?[0-9a-f]{32}\.mp3"?/)
  })

  it.each(['GET', 'HEAD'])('%s of an unknown id: 404 as a problem document', async (method) => {
    const { status, headers } = await rawRequest(world.service.baseUrl, [
      `${method} /api/temp-audio/${'0'.repeat(32)} HTTP/1.1`,
    ])
    expect([status, headers['content-type']]).toEqual([404, 'application/problem+json'])
  })

  it('many listeners at once get the same bytes', async () => {
    const bodies = await Promise.all(Array.from({ length: 20 }, () => world.service.fetch(path)))
    for (const response of bodies) expect(Buffer.from(await response.bytes()).equals(audio)).toBe(true)
  })
})

describe('a clip whose time is over', () => {
  const world = useVendors()

  it('and that no provider took is gone: 410, its file deleted', async () => {
    await world.vendors.always('pinata', statusFault(500))
    const service = await startService({
      environment: {
        ...quick,
        ...environmentFor(world.vendors),
        TEMP_AUDIO_TTL_SECONDS: '2',
        CLEANUP_INTERVAL_SECONDS: '1',
      },
    })
    const { body } = await service.vocalize()
    const path = pathOf(body.data.audioUrl)
    const alive = await service.fetch(path)
    expect(alive.status).toBe(200)
    expect(Number(alive.headers.get('cache-control')?.match(/max-age=(\d+)/)?.[1])).toBeLessThanOrEqual(2)
    await alive.bytes()
    const gone = await until('410', async () => {
      const response = await service.fetch(path)
      return response.status === 410 && response
    })
    expect(gone.headers.get('content-type')).toBe('application/problem+json')
    expect(await gone.json()).toMatchObject({ status: 410, code: 'expired', success: false })
    expect((await service.fetch(path, { method: 'HEAD' })).status).toBe(410)
    await service.waitForLog(({ clipId, level }) => clipId === body.data.id && level === 'error')
    await service.stop()
    await world.vendors.heal()
  })

  it('and that a provider took: its bytes while they are here, then 302 to the permanent URL', async () => {
    const service = await startService({
      environment: {
        ...quick,
        ...environmentFor(world.vendors),
        TEMP_AUDIO_TTL_SECONDS: '2',
        CLEANUP_INTERVAL_SECONDS: '1',
      },
    })
    const { body } = await service.vocalize()
    const path = `/api/temp-audio/${body.data.id}`
    const ask = async () => {
      const response = await service.fetch(path, { redirect: 'manual' })
      await response.body?.cancel()
      return response.status === 302 && response
    }
    // It is read back 5 to 10 seconds after it was stored; the next clean-up deletes its bytes.
    const moved = await until('302', ask, { timeoutMs: 20_000 })
    expect(moved.headers.get('location')).toBe(body.data.audioUrl)
    expect(moved.headers.get('access-control-allow-origin')).toBe('*')
    const head = await service.fetch(path, { method: 'HEAD', redirect: 'manual' })
    expect([head.status, head.headers.get('location')]).toEqual([302, body.data.audioUrl])
    await service.stop()
  })
})

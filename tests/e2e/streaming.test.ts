import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { independentCid } from '../support/content-id.ts'
import { quick } from '../support/operator.ts'
import { type Service, startService } from '../support/service.ts'
import { askForStream, type SlowVoice, startSlowVoice } from '../support/slow-voice.ts'
import { speechMp3 } from '../support/stub-vendors/audio.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()
let voice: SlowVoice
let service: Service

beforeAll(async () => {
  voice = await startSlowVoice()
  service = await startService({
    environment: {
      ...quick,
      ...environmentFor(world.vendors),
      ...voice.environment,
    },
  })
})
afterAll(() => voice?.close())

const path = '/api/agents/vocalize/stream'

/** Asks for a stream. Resolves with the response head. */
const ask = (pathname = path, headers = {}, text?: string) =>
  askForStream(`${service.baseUrl}${pathname}`, headers, text)

const clipOf = async (id: unknown) => (await (await service.fetch(`/api/clips/${id}`)).json()).data

async function stored(id: unknown) {
  return until('a stored clip', async () => {
    const clip = await clipOf(id)
    return clip.state === 'stored' && clip
  })
}

/** The process's resident memory, in bytes. */
async function memoryBytes(): Promise<number> {
  const status = await readFile(`/proc/${service.processId}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

describe('a stream', () => {
  it.each([
    [path, {}],
    ['/api/agents/vocalize', { accept: 'audio/*' }],
  ])(
    'plays at %s while the vendor speaks, is the clip byte by byte, and names it',
    async (pathname, headers) => {
      const audio = speechMp3(5000, pathname)
      const calling = voice.nextCall()
      const asking = ask(pathname, headers)
      const call = await calling
      await call.say(audio.subarray(0, 1000))
      const response = await asking
      const [first] = (await once(response, 'data')) as [Buffer]
      expect(first.equals(audio.subarray(0, 1000))).toBe(true)
      const id = response.headers['x-clip-id']
      expect(response.headers).toMatchObject({
        'content-type': 'audio/mpeg',
        link: `<${service.baseUrl}/api/temp-audio/${id}>; rel="canonical"`,
      })
      expect((await clipOf(id)).state).toBe('speaking')
      await call.say(audio.subarray(1000))
      call.end()
      const rest = Buffer.concat(await response.toArray())
      expect(Buffer.concat([first, rest]).equals(audio)).toBe(true)
      // At its end nothing can be lost any more.
      expect((await clipOf(id)).state).toMatch(/staged|stored/)
      expect((await stored(id)).cid).toBe(await independentCid(audio))
      expect(await (await service.fetch(`/api/temp-audio/${id}`)).bytes()).toEqual(new Uint8Array(audio))
    },
  )

  it('whose listener hangs up after the first byte still leaves a stored clip', async () => {
    const audio = speechMp3(3000, 'hang up')
    const calling = voice.nextCall()
    const asking = ask()
    const call = await calling
    await call.say(audio.subarray(0, 500))
    const response = await asking
    await once(response, 'data')
    response.destroy()
    await sleep(100)
    await call.say(audio.subarray(500))
    call.end()
    const clip = await stored(response.headers['x-clip-id'])
    expect(clip).toMatchObject({ cid: await independentCid(audio), bytes: audio.length })
  })

  it('whose listener takes nothing is staged and stored meanwhile, in little memory, and still complete', async () => {
    const audio = speechMp3(3_000_000, 'slow listener')
    expect(audio.length).toBeGreaterThan(20 * 1024 ** 2)
    const before = await memoryBytes()
    const calling = voice.nextCall()
    const asking = ask(path, {}, 'A long story. '.repeat(150))
    const call = await calling
    await call.say(audio.subarray(0, 1000))
    const response = await asking
    await call.say(audio.subarray(1000))
    call.end()
    const clip = await stored(response.headers['x-clip-id'])
    expect((await memoryBytes()) - before).toBeLessThan(100 * 1024 ** 2)
    const heard = Buffer.concat(await response.toArray())
    expect(heard.length).toBe(audio.length)
    expect(await independentCid(heard)).toBe(clip.cid)
  })

  it('of a vendor who breaks off does not end as if it were complete', async () => {
    const audio = speechMp3(3000, 'break off')
    const calling = voice.nextCall()
    const asking = ask()
    const call = await calling
    await call.say(audio.subarray(0, 5000))
    const response = await asking
    const id = response.headers['x-clip-id']
    const failing = expect(response.toArray()).rejects.toThrow()
    await sleep(50)
    call.breakOff()
    await failing
    expect((await service.fetch(`/api/clips/${id}`)).status).toBe(404)
    expect(service.output).not.toMatch(/^ +at .*:\d+:\d+/m)
  })
})

describe('before the first byte', () => {
  it('an error is a problem document as always', async () => {
    const response = await service.fetch(path, { method: 'POST', body: '{"text":""}' })
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
  })
})

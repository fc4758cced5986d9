import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findServer } from '../../../scripts/find-program.mjs'
import { lacking } from '../../support/lacking.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { startNginx } from '../../support/servers/nginx.ts'
import { until } from '../../support/until.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const fine: Answer = (_, response) => void response.end('fine')
/** Takes a request and dies over it. */
const breaks: Answer = (request) => void request.socket.destroy()

async function instance(answer: Answer) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume().once('end', () => answer(request, response))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

type Options = Partial<Parameters<typeof startNginx>[0]>

async function behindNginx(...given: (string | Options)[]) {
  const upstreams = given.filter((one) => typeof one === 'string')
  const options = given.find((one) => typeof one !== 'string')
  const nginx = await startNginx({ port: await freePort(), upstreams, ...options })
  onTestFinished(() => nginx.stop())
  return `http://127.0.0.1:${nginx.port}`
}

const post = { method: 'POST', body: '{}' }

describe.skipIf(lacking(Boolean(findServer('nginx')), 'there is no nginx'))(
  'nginx before two instances',
  () => {
    it('lets them take turns', async () => {
      const instances = [await instance(fine), await instance(fine)]
      const url = await behindNginx(...instances.map(({ host }) => host))
      for (let count = 0; count < 4; count += 1) await (await fetch(url, post)).text()
      expect(instances.map(({ requests }) => requests.length)).toEqual([2, 2])
    })

    it('loses no request to an instance that is not there', async () => {
      const url = await behindNginx(`127.0.0.1:${await freePort()}`, (await instance(fine)).host)
      for (let count = 0; count < 6; count += 1) expect((await fetch(url, post)).status).toBe(200)
    })

    it('repeats a GET that broke, and never a POST that was sent', async () => {
      const [broken, well] = [await instance(breaks), await instance(fine)]
      const url = await behindNginx(broken.host, well.host)
      const statuses = [(await fetch(url, post)).status, (await fetch(url, post)).status]
      expect(statuses.sort()).toEqual([200, 502])
      expect(broken.requests.length + well.requests.length).toBe(2)
      for (let count = 0; count < 2; count += 1) expect((await fetch(url)).status).toBe(200)
      expect(broken.requests.at(-1)?.method).toBe('GET')
    })

    it('says itself who called, by which name and protocol, whatever the caller says', async () => {
      const one = await instance(fine)
      const url = await behindNginx(one.host)
      const forged = ['X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto', 'Forwarded']
      const headers = Object.fromEntries(forged.map((name) => [name, 'https']))
      await fetch(url, { headers: { 'X-Forwarded-For': '203.0.113.7', ...headers } })
      expect(one.requests.at(-1)?.headers).toMatchObject({
        'x-forwarded-for': '203.0.113.7, 127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': new URL(url).host,
        host: new URL(url).host,
      })
      expect(one.requests.at(-1)?.headers).not.toHaveProperty('x-forwarded-port')
      expect(one.requests.at(-1)?.headers).not.toHaveProperty('forwarded')
    })

    it('passes on what a proxy before it says about TLS, where its address is written down', async () => {
      const one = await instance(fine)
      const url = await behindNginx(one.host, { outerProxy: '127.0.0.0/8' })
      await fetch(url, { headers: { 'X-Forwarded-Proto': 'https' } })
      expect(one.requests.at(-1)?.headers).toMatchObject({ 'x-forwarded-proto': 'https' })
    })

    it('takes a body as large as any MAX_BODY_BYTES', async () => {
      const url = await behindNginx((await instance(fine)).host)
      expect((await fetch(url, { method: 'POST', body: Buffer.alloc(20_000_000) })).status).toBe(200)
    })

    it('refuses requests of one address that are too many in a second, and takes others again later', async () => {
      const url = await behindNginx((await instance(fine)).host)
      const ask = async () => {
        const response = await fetch(url)
        await response.body?.cancel()
        return response.status
      }
      const statuses: number[] = []
      while (!statuses.includes(429) && statuses.length < 5000) {
        statuses.push(...(await Promise.all(Array.from({ length: 50 }, ask))))
      }
      expect(new Set(statuses)).toEqual(new Set([200, 429]))
      expect(statuses.indexOf(429)).toBeGreaterThanOrEqual(150)
      await until('an answer', async () => (await ask()) === 200)
    })

    it('refuses requests of one address that are too many at once', async () => {
      const never: Answer = (_, response) => void response.write('x')
      const url = await behindNginx((await instance(never)).host)
      const controller = new AbortController()
      onTestFinished(() => controller.abort())
      const statuses = await Promise.all(
        Array.from({ length: 110 }, async () => (await fetch(url, { signal: controller.signal })).status),
      )
      expect(statuses.filter((status) => status === 429).length).toBe(10)
    })

    it('passes on at once what asks not to be held back', async () => {
      const never = await instance((_, response) => {
        response.setHeader('X-Accel-Buffering', 'no')
        response.write('the first word')
      })
      const response = await fetch(await behindNginx(never.host))
      const { value } = (await response.body?.getReader().read()) ?? {}
      expect(Buffer.from(value ?? []).toString()).toBe('the first word')
    })
  },
)

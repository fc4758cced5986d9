import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findServer } from '../../../scripts/find-program.mjs'
import { freePort } from '../../support/servers/free-port.ts'
import { startNginx } from '../../support/servers/nginx.ts'

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

async function behindNginx(...upstreams: string[]) {
  const nginx = await startNginx({ port: await freePort(), upstreams })
  onTestFinished(() => nginx.stop())
  return `http://127.0.0.1:${nginx.port}`
}

const post = { method: 'POST', body: '{}' }

describe.skipIf(!findServer('nginx'))('nginx before two instances', () => {
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

  it('says who called, by which name, and passes a word about TLS on', async () => {
    const one = await instance(fine)
    const url = await behindNginx(one.host)
    await fetch(url, { headers: { 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Proto': 'https' } })
    expect(one.requests.at(-1)?.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.7, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': new URL(url).host,
      host: new URL(url).host,
    })
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
})

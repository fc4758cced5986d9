import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { answerOnce } from '#lib/http/idempotency.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import { createLog } from '#lib/telemetry/log.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

let directory: string
let services: Services

beforeEach(async () => {
  directory = await temporaryDirectory()
  services = open()
})

afterEach(() => services.catalog.close())

function open(): Services {
  const log = createLog({ level: 'silent', scrub: (text) => text })
  return createServices(readConfig({ TEMP_AUDIO_DIR: directory, PINATA_JWT: '' }), { log })
}

function ask(
  key: string | undefined,
  body: unknown,
  work: () => Promise<unknown>,
  authorization = 'Bearer one',
) {
  const headers = new Headers({ Authorization: authorization })
  if (key !== undefined) headers.set('Idempotency-Key', key)
  const request = new Request('http://localhost/', { method: 'POST', headers })
  const context = { services, log: services.log, requestId: 'test' } as RequestContext
  return answerOnce(request, context, body, work)
}

describe('answerOnce() with an Idempotency-Key', () => {
  it('gives the same request the same answer, whether the key is quoted or not', async () => {
    const work = vi.fn(async () => ({ id: 1 }))
    expect(await ask('"key-1"', { text: 'a' }, work)).toEqual({ id: 1 })
    expect(await ask('key-1', { text: 'a' }, work)).toEqual({ id: 1 })
    expect(work).toHaveBeenCalledOnce()
  })

  it('gives the same answer after a restart', async () => {
    await ask('key-1', {}, async () => ({ id: 1 }))
    await services.catalog.close()
    services = open()
    const work = vi.fn(async () => ({ id: 2 }))
    expect(await ask('key-1', {}, work)).toEqual({ id: 1 })
    expect(work).not.toHaveBeenCalled()
  })

  it('refuses another body under the same key', async () => {
    await ask('key-1', { text: 'a' }, async () => ({}))
    await expect(ask('key-1', { text: 'b' }, async () => ({}))).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  it('refuses a second request while the first one is running', async () => {
    const begun = Promise.withResolvers<void>()
    const first = Promise.withResolvers<unknown>()
    const running = ask('key-1', {}, () => {
      begun.resolve()
      return first.promise
    })
    await begun.promise
    await expect(ask('key-1', {}, async () => ({}))).rejects.toMatchObject({ code: 'idempotency_in_flight' })
    first.resolve({ id: 1 })
    expect(await running).toEqual({ id: 1 })
  })

  it('does the work again after it has failed', async () => {
    await expect(ask('key-1', {}, () => Promise.reject(new Error('no voice')))).rejects.toThrow('no voice')
    expect(await ask('key-1', {}, async () => ({ id: 2 }))).toEqual({ id: 2 })
  })

  it('keeps the keys of different callers apart', async () => {
    await ask('key-1', {}, async () => ({ id: 1 }))
    expect(await ask('key-1', {}, async () => ({ id: 2 }), 'Bearer two')).toEqual({ id: 2 })
  })

  it('refuses a key that is not 1 to 255 characters long', async () => {
    await expect(ask('""', {}, async () => ({}))).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(ask('x'.repeat(256), {}, async () => ({}))).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  it('does the work each time where there is no key', async () => {
    const work = vi.fn(async () => ({}))
    await ask(undefined, {}, work)
    await ask(undefined, {}, work)
    expect(work).toHaveBeenCalledTimes(2)
  })
})

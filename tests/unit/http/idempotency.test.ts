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

describe('an Idempotency-Key', () => {
  it('gives the same answer to the same request, in quotes or without', async () => {
    const work = vi.fn(async () => ({ id: 1 }))
    expect(await ask('"key-1"', { text: 'a' }, work)).toEqual({ id: 1 })
    expect(await ask('key-1', { text: 'a' }, work)).toEqual({ id: 1 })
    expect(work).toHaveBeenCalledOnce()
  })

  it('gives it after a restart, too', async () => {
    await ask('key-1', {}, async () => ({ id: 1 }))
    await services.catalog.close()
    services = open()
    const work = vi.fn(async () => ({ id: 2 }))
    expect(await ask('key-1', {}, work)).toEqual({ id: 1 })
    expect(work).not.toHaveBeenCalled()
  })

  it('does not fit another body', async () => {
    await ask('key-1', { text: 'a' }, async () => ({}))
    await expect(ask('key-1', { text: 'b' }, async () => ({}))).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  it('is refused while its request is being carried out', async () => {
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

  it('can be used again after its request failed', async () => {
    await expect(ask('key-1', {}, () => Promise.reject(new Error('no voice')))).rejects.toThrow('no voice')
    expect(await ask('key-1', {}, async () => ({ id: 2 }))).toEqual({ id: 2 })
  })

  it('belongs to the caller who sent it', async () => {
    await ask('key-1', {}, async () => ({ id: 1 }))
    expect(await ask('key-1', {}, async () => ({ id: 2 }), 'Bearer two')).toEqual({ id: 2 })
  })

  it('must be 1 to 255 characters long', async () => {
    await expect(ask('""', {}, async () => ({}))).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(ask('x'.repeat(256), {}, async () => ({}))).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  it('is not needed', async () => {
    const work = vi.fn(async () => ({}))
    await ask(undefined, {}, work)
    await ask(undefined, {}, work)
    expect(work).toHaveBeenCalledTimes(2)
  })
})

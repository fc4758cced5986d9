import { describe, expect, it } from 'vitest'
import { CatalogError } from '#lib/catalog/connection.ts'
import { problemOf, problemResponse, requestIdOf } from '#lib/http/problem.ts'
import { respond } from '#lib/http/respond.ts'
import { type ErrorCode, errorStatus, ServiceError } from '#lib/model/errors.ts'
import { testServices } from '../../support/services.ts'

const codes = Object.keys(errorStatus) as ErrorCode[]
/** The table of the contract, and what HTTP itself asks for. */
const statuses = [
  400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 416, 422, 426, 429, 431, 500, 501, 502, 503,
  504,
]

describe('problemOf()', () => {
  it.each(codes)('gives %s a complete problem document', async (code) => {
    const response = problemResponse(problemOf(new ServiceError(code, 'What was wrong'), 'request-1'))
    expect(statuses).toContain(response.status)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('X-Request-Id')).toBe('request-1')
    expect(await response.json()).toEqual({
      type: `urn:voicepin:error:${code}`,
      title: expect.stringMatching(/^[A-Z]/),
      status: response.status,
      detail: 'What was wrong',
      error: 'What was wrong',
      code,
      requestId: 'request-1',
      success: false,
    })
  })

  it.each(codes.filter((code) => errorStatus[code] === 503))('gives %s a Retry-After', (code) => {
    expect(Number(problemOf(new ServiceError(code, ''), 'r').headers['Retry-After'])).toBeGreaterThan(0)
  })

  it.each([
    [0, '1'],
    [1, '1'],
    [1000, '1'],
    [1001, '2'],
    [60_000, '60'],
  ])('rounds a Retry-After of %i ms up to whole seconds', (retryAfterMs, expected) => {
    const error = new ServiceError('rate_limited', '', { retryAfterMs })
    expect(problemOf(error, 'r').headers['Retry-After']).toBe(expected)
  })

  it('adds WWW-Authenticate to a 401', () => {
    expect(problemOf(new ServiceError('unauthorized', ''), 'r').headers['WWW-Authenticate']).toBe('Bearer')
  })

  it('lists the wrong fields and the failure of each provider', () => {
    const errors = [{ path: 'text', message: 'is required' }]
    const providers = [{ provider: 'pinata', attempts: 4, error: 'Answered 500' }]
    const { body } = problemOf(new ServiceError('storage_unavailable', '', { errors, providers }), 'r')
    expect(body).toMatchObject({ errors, providers })
  })

  it.each([
    ['an error of ours', new TypeError('x is not a function')],
    ['something that is no error', 'a string'],
    ['nothing', undefined],
    [
      'an error that only looks like one for callers',
      Object.assign(new Error('leak'), { code: 'not_found' }),
    ],
  ])('hides the message of %s', (_, error) => {
    const { status, body } = problemOf(error, 'request-1')
    expect(status).toBe(500)
    expect(body.code).toBe('internal_error')
    expect(JSON.stringify(body)).not.toMatch(/function|string|leak/)
  })

  it('says of a failed catalog only that it is not available', () => {
    const error = new CatalogError('The catalog failed: unable to open /data/catalog.sqlite')
    const { status, body, headers } = problemOf(error, 'request-1')
    expect(status).toBe(503)
    expect(headers['Retry-After']).toBe('10')
    expect(JSON.stringify(body)).not.toContain('/data')
  })

  it('names no machine and no path where something went wrong here, and no secret in any member', () => {
    const options = {
      errors: [{ path: 'text', message: 'hunter22' }],
      providers: [{ provider: 'kubo', attempts: 1, error: 'dial 10.0.0.5:5001: hunter22, in /data/ipfs/x' }],
    }
    const message = "temporary store: ENOSPC: no space left on device, write '/srv/voicepin/audio/x'"
    const error = new ServiceError('storage_unavailable', message, options)
    const { body } = problemOf(error, 'r', (text) => text.replaceAll('hunter22', '[secret]'))
    expect(JSON.stringify(body)).not.toMatch(/srv|10\.0|data|hunter22/)
    expect(body.detail).toContain('ENOSPC: no space left on device')
  })

  it('repeats to callers the path that they asked for', () => {
    const { body } = problemOf(new ServiceError('not_found', 'There is nothing at /srv/x/y'), 'r')
    expect(body.detail).toBe('There is nothing at /srv/x/y')
  })

  it('redacts secrets', () => {
    const error = new ServiceError('speech_unavailable', 'The key hunter22 failed')
    const { body } = problemOf(error, 'r', (text) => text.replaceAll('hunter22', '[secret]'))
    expect(JSON.stringify(body)).not.toContain('hunter22')
  })
})

describe('requestIdOf()', () => {
  it.each(['abc', 'A-1_2.3', 'x'.repeat(64)])('takes a valid id from the caller: %s', (given) => {
    expect(requestIdOf(given)).toBe(given)
  })

  it.each([null, undefined, '', 'a b', 'a\nb', '<script>', 'x'.repeat(65), 'ä'])(
    'is made anew where the caller gave %j',
    (given) => {
      expect(requestIdOf(given)).toMatch(/^[0-9a-f-]{36}$/)
    },
  )
})

describe('respond()', () => {
  const request = (headers: Record<string, string> = {}) => new Request('http://localhost/', { headers })

  it('adds the request id, and lets other origins read the answer', async () => {
    const { services } = await testServices()
    const headers = { 'X-Request-Id': 'mine-1', Origin: 'https://app.test' }
    const response = await respond(services, request(headers), async () => new Response('ok'))
    expect(response.headers.get('X-Request-Id')).toBe('mine-1')
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
  })

  it('logs an internal error in full', async () => {
    const { services, lines } = await testServices()
    const response = await respond(services, request({ 'X-Request-Id': 'mine-2' }), async () => {
      throw new TypeError('x is not a function')
    })
    expect(response.status).toBe(500)
    expect(lines).toMatchObject([
      {
        level: 'error',
        requestId: 'mine-2',
        code: 'internal_error',
        err: { message: 'x is not a function' },
      },
    ])
  })

  it('logs a refused request at info, with what the caller was told', async () => {
    const { services, lines } = await testServices()
    await respond(services, request({ 'X-Request-Id': 'mine-3' }), async () => {
      throw new ServiceError('invalid_json', 'No JSON')
    })
    expect(lines).toMatchObject([
      { level: 'info', requestId: 'mine-3', status: 400, code: 'invalid_json', detail: 'No JSON' },
    ])
  })
})

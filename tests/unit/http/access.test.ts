import { describe, expect, it } from 'vitest'
import { type Config, readConfig } from '#lib/config/index.ts'
import { requireBearer } from '#lib/http/auth.ts'
import { addCorsHeaders, preflight } from '#lib/http/cors.ts'

const request = (headers: Record<string, string> = {}, url = 'http://localhost:3000/api/x') =>
  new Request(url, { headers })
const withKey = (authorization?: string) => request(authorization === undefined ? {} : { authorization })

describe('requireBearer()', () => {
  it.each(['Bearer key-1', 'bearer key-1', 'BEARER   key-1', 'Bearer key-2', 'Bearer key-1  '])(
    'accepts %j',
    (authorization) => {
      expect(() => requireBearer(withKey(authorization), ['key-1', 'key-2', undefined])).not.toThrow()
    },
  )

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    'Bearer key-',
    'Bearer key-11',
    'Bearer KEY-1',
    'Basic key-1',
    'key-1',
    'Bearer: key-1',
    'Bearer undefined',
    'Bearer [object Object]',
    `Bearer ${'x'.repeat(100_000)}`,
  ])('refuses %j', (authorization) => {
    expect(() => requireBearer(withKey(authorization), ['key-1'])).toThrow(
      expect.objectContaining({ code: 'unauthorized' }),
    )
  })

  it.each([[[]], [[undefined]], [['']], [[undefined, '']]])(
    'refuses everything where the secrets are %j',
    (secrets) => {
      for (const authorization of ['Bearer', 'Bearer ', 'Bearer undefined', 'Bearer x', undefined]) {
        expect(() => requireBearer(withKey(authorization), secrets)).toThrow('every request is refused')
      }
    },
  )

  it('names neither the given nor the expected key in its error', () => {
    expect.assertions(2)
    try {
      requireBearer(withKey('Bearer guessed-1'), ['expected-1'])
    } catch (error) {
      expect(String(error)).not.toContain('guessed-1')
      expect(String(error)).not.toContain('expected-1')
    }
  })
})

describe('addCorsHeaders() and preflight()', () => {
  const access = (CORS_ALLOWED_ORIGINS: string): Config['access'] =>
    readConfig({ CORS_ALLOWED_ORIGINS }).access
  function headersFor(origins: string, origin?: string, headers = new Headers()) {
    addCorsHeaders(access(origins), request(origin ? { origin } : {}), headers)
    return headers
  }

  it('let any origin read every answer by default', () => {
    const headers = headersFor('*', 'https://app.test')
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(headers.get('Access-Control-Expose-Headers')).toContain('Retry-After')
    expect(headers.get('Vary')).toBeNull()
  })

  it('let a listed origin read an answer, which then varies by Origin', () => {
    const headers = headersFor('https://app.test, https://other.test', 'https://other.test')
    expect(headers.get('Access-Control-Allow-Origin')).toBe('https://other.test')
    expect(headers.get('Vary')).toBe('Origin')
  })

  it.each(['https://evil.test', 'https://app.test.evil.test', 'http://app.test', 'null', undefined])(
    'may not where they are not: %s',
    (origin) => {
      const headers = headersFor('https://app.test', origin)
      expect(headers.get('Access-Control-Allow-Origin')).toBeNull()
      expect(headers.get('Vary')).toBe('Origin')
    },
  )

  it('keep the origin that an answer has set itself', () => {
    const own = new Headers({ 'Access-Control-Allow-Origin': '*' })
    const headers = headersFor('https://app.test', 'https://evil.test', own)
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(headers.get('Access-Control-Expose-Headers')).toContain('X-Request-Id')
  })

  it('answer a preflight with the allowed methods and headers', () => {
    const asked = {
      origin: 'https://app.test',
      'access-control-request-headers': 'authorization,content-type',
    }
    const response = preflight(access('*'), request(asked), 'GET, POST, OPTIONS')
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '86400',
      allow: 'GET, POST, OPTIONS',
    })
  })
})

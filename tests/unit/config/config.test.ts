import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '#lib/config/config-error.ts'
import { readConfig } from '#lib/config/index.ts'
import { anyText } from '../../support/any-text.ts'

const example = readFileSync(path.join(import.meta.dirname, '../../../.env.example'), 'utf8')
const names = Object.keys(parseEnv(example.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, '')))
/** Variables whose values must never be repeated: a URL may carry a password. */
const isSecret = (name: string) =>
  /KEY|TOKEN|SECRET|JWT|AUTHORIZATION|HEADERS|PROJECT_ID|_URL|ENDPOINT|GATEWAYS/.test(name)

function problemOf(environment: Record<string, string>): string {
  try {
    readConfig(environment)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).message
  }
  throw new Error('It was taken')
}

describe('the configuration', () => {
  it('has a default for every variable', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      shutdownGraceMs: 20_000,
      speech: { providers: ['local'], isFallback: true, concurrency: 5, firstByteTimeoutMs: 15_000 },
      ipfs: { retryDelaysMs: [1000, 2000, 4000], attemptTimeoutMs: 30_000, uploadDeadlineMs: 10_000 },
      tempAudio: { directory: '.temp-audio', ttlMs: 3_600_000, maxBytes: 5 * 1024 ** 3, keepPending: false },
      retry: { opportunisticChance: 0.1, batchSize: 3 },
      access: { rateLimitPerMinute: 60, maxTextLength: 5000, maxBodyBytes: 65_536 },
    })
  })

  it.each([
    ['PORT', 'http', 'PORT: got "http", takes a whole number from 0 to 65535'],
    ['PORT', '65536', 'PORT: got "65536", takes a whole number from 0 to 65535'],
    ['PORT', '-1', 'PORT: got "-1", takes a whole number from 0 to 65535'],
    [
      'DATABASE_URL',
      'postgres://user:password@host/voicepin?max=many',
      'DATABASE_URL: max: got "many", takes a whole number from 1 to 1000',
    ],
    ['PORT', '3000\nevil', 'PORT: got "3000\\nevil", takes a whole number from 0 to 65535'],
    [
      'LOG_LEVEL',
      'loud',
      'LOG_LEVEL: got "loud", takes one of fatal, error, warn, info, debug, trace, silent',
    ],
    ['SPEECH_CONCURRENCY', '0', 'SPEECH_CONCURRENCY: got "0", takes a whole number of at least 1'],
    ['SPEECH_TIMEOUT_MS', '1e9', 'SPEECH_TIMEOUT_MS: got "1e9", takes a whole number from 1 to 2147483647'],
    [
      'OPPORTUNISTIC_RETRY_CHANCE',
      '1.5',
      'OPPORTUNISTIC_RETRY_CHANCE: got "1.5", takes a number from 0 to 1',
    ],
    [
      'OPPORTUNISTIC_RETRY_CHANCE',
      '10%',
      'OPPORTUNISTIC_RETRY_CHANCE: got "10%", takes a number from 0 to 1',
    ],
    ['SHUTDOWN_GRACE_MS', '20s', 'SHUTDOWN_GRACE_MS: got "20s", takes a whole number from 0 to 3600000'],
    ['KEEP_PENDING_AUDIO', 'maybe', 'KEEP_PENDING_AUDIO: got "maybe", takes true or false'],
    ['PINATA_API_URL', 'pinata', 'PINATA_API_URL: got a value that is not an http or https URL'],
    ['KUBO_RPC_URL', 'http://me:100%@node', 'KUBO_RPC_URL: got a value that is not an http or https URL'],
    ['HOST', 'my host', 'HOST: got "my host", takes an IP address or a host name'],
    [
      'VOCALIZE_API_KEYS',
      ' , ',
      'VOCALIZE_API_KEYS: got no key, takes a comma-separated list of keys of printable ASCII characters',
    ],
    [
      'VOCALIZE_API_KEYS',
      'one,schl\u00fcssel',
      'VOCALIZE_API_KEYS: got a value that is not a comma-separated list of keys of printable ASCII characters',
    ],
    ...['ADMIN_API_KEY', 'CRON_SECRET', 'METRICS_TOKEN'].flatMap((name): [string, string, string][] => [
      [name, 'only-15-letters', `${name}: got a value that is not at least 16 printable ASCII characters`],
      [
        name,
        'sixteen-letters-\n-and-more',
        `${name}: got a value that is not at least 16 printable ASCII characters`,
      ],
    ]),
    [
      'ELEVENLABS_API_KEY',
      'sk_\u{1f512}',
      'ELEVENLABS_API_KEY: got a value that is not printable ASCII characters',
    ],
    ['KUBO_RPC_URL', 'ftp://node', 'KUBO_RPC_URL: got a value that is not an http or https URL'],
  ])('refuses %s=%j in one line that names it', (name, value, message) => {
    expect(problemOf({ [name]: value })).toBe(message)
  })

  it.each([undefined, 'http://voice.example', 'https://voice.example/below'])(
    'refuses IPNI_ANNOUNCE with PUBLIC_BASE_URL=%j, at which nobody can fetch',
    (publicBaseUrl) => {
      const given = publicBaseUrl && { PUBLIC_BASE_URL: publicBaseUrl }
      const message = problemOf({ IPNI_ANNOUNCE: 'true', ...given })
      expect(message).toMatch(
        /^PUBLIC_BASE_URL: got (nothing|another URL), takes an https URL without a path/,
      )
    },
  )

  it.each([
    [{}, 'got nothing'],
    [{ WEBHOOK_SECRET: 'short' }, 'got a value that is not'],
  ])('refuses WEBHOOK_URL with %j, without which nobody knows who has sent a webhook', (given, says) => {
    const message = problemOf({ WEBHOOK_URL: 'https://app.example/hook', ...given })
    expect(message).toContain(`WEBHOOK_SECRET: ${says}`)
    expect(message).not.toContain('"short"')
  })

  it.each(['https://voice.example', 'http://127.0.0.1:3000', 'http://localhost:3000'])(
    'takes IPNI_ANNOUNCE with PUBLIC_BASE_URL=%s',
    (baseUrl) => {
      const { ipni } = readConfig({ IPNI_ANNOUNCE: 'true', PUBLIC_BASE_URL: baseUrl })
      expect(ipni).toEqual({ indexerUrl: 'https://cid.contact', baseUrl })
      expect(readConfig({ PUBLIC_BASE_URL: baseUrl }).ipni).toBeUndefined()
    },
  )

  it('names every variable that is wrong, in the same line', () => {
    const message = problemOf({ PORT: 'x', LOG_LEVEL: 'y', IPFS_PROVIDERS: 'pinata,ftp' })
    expect(message.split('; ').map((part) => part.split(':')[0])).toEqual(
      expect.arrayContaining(['PORT', 'LOG_LEVEL', 'IPFS_PROVIDERS']),
    )
    expect(message).not.toContain('\n')
  })

  it.each([
    ['PORT', ' 8080 ', { port: 8080 }],
    ['SHUTDOWN_GRACE_MS', '0', { shutdownGraceMs: 0 }],
    ['IPFS_RETRY_DELAYS_MS', '0, 5,10', { ipfs: { retryDelaysMs: [0, 5, 10] } }],
    ['IPFS_RETRY_DELAYS_MS', ',', { ipfs: { retryDelaysMs: [] } }],
    ['IPFS_PROVIDERS', 'kubo, pinata', { ipfs: { providers: ['kubo', 'pinata'] } }],
    ['PINATA_JWT', '', { ipfs: { vendors: { pinata: { jwt: undefined } } } }],
    [
      'PINATA_API_URL',
      'https://pinata.test/base//',
      { ipfs: { vendors: { pinata: { apiUrl: 'https://pinata.test/base' } } } },
    ],
    ['OPPORTUNISTIC_RETRY_CHANCE', '.5', { retry: { opportunisticChance: 0.5 } }],
    ['OPPORTUNISTIC_RETRY_CHANCE', '0', { retry: { opportunisticChance: 0 } }],
    ['KEEP_PENDING_AUDIO', 'TRUE', { tempAudio: { keepPending: true } }],
    ['HOST', '::1', { host: '::1' }],
    ['HOST', '127.0.0.1', { host: '127.0.0.1' }],
    ['ADMIN_API_KEY', 'sixteen letters!', { access: { adminApiKey: 'sixteen letters!' } }],
    ['REUSE_SCOPE', 'all', { reuse: { isShared: true } }],
    ['VOCALIZE_API_KEYS', 'one, two,', { access: { vocalizeApiKeys: ['one', 'two'] } }],
    ['TEMP_AUDIO_TTL_SECONDS', '3153600000', { tempAudio: { ttlMs: 3_153_600_000_000 } }],
  ])('takes %s=%j', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toMatchObject(expected)
  })

  it.each([
    ['TEMP_AUDIO_TTL_SECONDS', '9007199254740991'],
    ['IPFS_RETRY_DELAYS_MS', '2147483647'],
    ['CLEANUP_INTERVAL_SECONDS', '2147484'],
    ['UPLOAD_DEADLINE_MS', '2147483648'],
    ['IPFS_PROVIDERS', 'pinata,pinata'],
  ])('refuses %s=%s, which no clock, timer or list can hold', (name, value) => {
    expect(problemOf({ [name]: value })).toContain(name)
  })

  it('keeps every date within what JavaScript knows, and every wait within what a timer holds', () => {
    const { ipfs, tempAudio } = readConfig({
      TEMP_AUDIO_TTL_SECONDS: '3153600000',
      IPFS_RETRY_DELAYS_MS: String(Math.floor((2 ** 31 - 1) / 1.2)),
    })
    expect(() => new Date(Date.now() + tempAudio.ttlMs).toISOString()).not.toThrow()
    expect((ipfs.retryDelaysMs[0] as number) * 1.2).toBeLessThan(2 ** 31)
  })

  it('asks for ELEVENLABS_API_KEY with SPEECH_PROVIDER=elevenlabs, and goes by that key with auto', () => {
    expect(problemOf({ SPEECH_PROVIDER: 'elevenlabs' })).toContain('ELEVENLABS_API_KEY')
    expect(readConfig({ SPEECH_PROVIDER: 'local' }).speech.isFallback).toBe(false)
    expect(readConfig({ ELEVENLABS_API_KEY: 'k' }).speech).toMatchObject({
      providers: ['elevenlabs'],
      isFallback: false,
    })
  })

  it.each<[string, Record<string, string>, string[], boolean]>([
    [
      'the order that is listed',
      { SPEECH_PROVIDERS: 'openai, local,elevenlabs' },
      ['openai', 'local', 'elevenlabs'],
      true,
    ],
    ['one name, without a stand-in', { SPEECH_PROVIDERS: 'local' }, ['local'], false],
    ['the former name of the variable', { SPEECH_PROVIDER: 'openai' }, ['openai'], true],
    [
      'the newer variable before the former',
      { SPEECH_PROVIDERS: 'local', SPEECH_PROVIDER: 'openai' },
      ['local'],
      false,
    ],
    ['ElevenLabs alone where nothing is said', {}, ['elevenlabs'], true],
    [
      'the built-in voice alone where nothing is said and there is no key of ElevenLabs',
      { ELEVENLABS_API_KEY: '' },
      ['local'],
      false,
    ],
    [
      'nobody without what it needs',
      { ELEVENLABS_API_KEY: '', SPEECH_PROVIDERS: 'elevenlabs,openai' },
      ['openai'],
      true,
    ],
  ])('has the speech vendors by %s', (_, environment, providers, isPaid) => {
    const all = {
      ELEVENLABS_API_KEY: 'k',
      OPENAI_SPEECH_BASE_URL: 'http://kokoro:8880',
      OPENAI_SPEECH_API_KEY: 'k',
    }
    expect(readConfig({ ...all, ...environment }).speech).toMatchObject({ providers, isPaid })
  })

  it('is refused where no listed speech vendor has what it needs, or is none', () => {
    expect(problemOf({ SPEECH_PROVIDERS: 'openai,elevenlabs' })).toContain(
      'OPENAI_SPEECH_BASE_URL or OPENAI_SPEECH_API_KEY or ELEVENLABS_API_KEY: got nothing',
    )
    expect(problemOf({ SPEECH_PROVIDERS: 'kokoro' })).toContain(
      'a comma-separated list of elevenlabs, openai, local',
    )
  })

  it.each(['{', '[]', '{"a":"b"}', '{"a":{"kokoro":"b"}}', '{"a":{"openai":""}}'])(
    'takes no voice map but by voice and vendor: %s',
    (map) => {
      expect(problemOf({ SPEECH_VOICE_MAP: map })).toContain(
        'takes JSON such as {"21m00Tcm4TlvDq8ikWAM": {"local": "slt"}}',
      )
    },
  )

  it('cannot be changed, at whatever depth', () => {
    const config = readConfig({})
    expect(() => Object.assign(config.ipfs.retryDelaysMs, { 0: 1 })).toThrow(TypeError)
    expect(() => Object.assign(config.access, { adminApiKey: 'mine' })).toThrow(TypeError)
  })

  it('is refused in one line without any secret, whatever the variables hold', () => {
    const value = fc.oneof(
      anyText,
      fc.string({ minLength: 8 }).map((rest) => `https://user:${encodeURIComponent(rest)}@host.test`),
      fc.integer().map(String),
      fc.constantFrom(
        'true',
        'pinata',
        ',',
        '0',
        '-1',
        '1e400',
        '[]',
        '{}',
        '=',
        '%',
        '%zz',
        'a=%',
        'http://',
      ),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 }), (environment) => {
        let message = ''
        try {
          readConfig(environment)
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
          message = (error as ConfigError).message
        }
        expect(message).not.toMatch(/[\r\n]/)
        for (const [name, given] of Object.entries(environment)) {
          const isOwn = isSecret(name) && given.trim().length >= 8
          if (
            isOwn &&
            !Object.entries(environment).some(([other, same]) => !isSecret(other) && same === given)
          ) {
            expect(message).not.toContain(given.trim())
          }
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  }, 30_000)
})

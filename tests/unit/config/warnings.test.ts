import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { configWarnings } from '#lib/config/warnings.ts'

const DATABASE_URL = 'postgres://voicepin:p4ss-word@db.test/voicepin'
/** A voice that somebody has chosen, which is warned of otherwise. */
const chosen = { SPEECH_PROVIDER: 'local' }
const webhook = { WEBHOOK_URL: 'https://app.test/hook', WEBHOOK_SECRET: `whsec_${'A'.repeat(32)}` }
const paid = { SPEECH_PROVIDER: 'auto', ELEVENLABS_API_KEY: 'key-of-the-test' }
const warningsOn = (environment: Record<string, string>) => configWarnings(readConfig(environment))

describe('configWarnings', () => {
  it.each([
    ['nothing is shared', {}],
    ['both records and audio are shared', { DATABASE_URL, S3_BUCKET: 'voicepin' }],
    [
      'a provider has all that it needs',
      { PINATA_JWT: 'jwt-of-the-test', PINATA_API_KEY: 'key-of-the-test' },
    ],
    [
      'a provider that lacks something is not to be used',
      { IPFS_PROVIDERS: 'kubo', WEB3_STORAGE_TOKEN: 'token-of-the-test' },
    ],
    [
      'webhooks can name the address of this service',
      { ...webhook, PUBLIC_BASE_URL: 'http://voice.test', IPFS_GATEWAY_URL: 'self' },
    ],
    ['webhooks name the addresses of others only', { ...webhook, IPFS_PROVIDERS: 'pinata' }],
    ['ElevenLabs has a key, and callers need one', { ...paid, VOCALIZE_API_KEYS: 'key-of-a-caller' }],
    ['ElevenLabs has a key, and what one caller may cost is bounded', { ...paid, CHARACTERS_PER_DAY: '9' }],
    ['a proxy with TLS is trusted', { PUBLIC_BASE_URL: 'https://voice.test', TRUSTED_PROXIES: '1' }],
  ])('are none where %s', (_, environment) => {
    expect(warningsOn({ ...chosen, ...environment })).toEqual([])
  })

  it.each([
    [
      'the built-in voice, where nobody has chosen it',
      { SPEECH_PROVIDER: 'auto' },
      'No ELEVENLABS_API_KEY is set',
    ],
    [
      'a voice of one’s own that nobody has chosen',
      { SPEECH_PROVIDER: 'auto', OPENAI_SPEECH_BASE_URL: 'http://kokoro:8880' },
      'nothing says that it speaks: set SPEECH_PROVIDERS=openai',
    ],
    [
      'speech that anyone can spend',
      paid,
      'VOCALIZE_API_KEYS is not set: anyone who reaches this port spends',
    ],
    [
      'a secret like any other text',
      { PINATA_JWT: 'secret', CHARACTERS_PER_DAY: '1' },
      'PINATA_JWT. Take at least 8',
    ],
    ['a proxy that is not trusted', { PUBLIC_BASE_URL: 'https://voice.test' }, 'TRUSTED_PROXIES is not set'],
    ['audio that stays on each machine', { DATABASE_URL }, 'TEMP_AUDIO_DIR'],
    [
      'a catalog that stays on this machine',
      { S3_BUCKET: 'voicepin' },
      'no other machine may use this bucket',
    ],
    [
      'a repository that stays on each machine',
      { DATABASE_URL, S3_BUCKET: 'voicepin', IPFS_PROVIDERS: 'pinata,embedded' },
      'IPFS_REPOSITORY_DIR',
    ],
    [
      'advertisements of nothing',
      {
        IPNI_ANNOUNCE: 'true',
        PUBLIC_BASE_URL: 'https://voice.test',
        TRUSTED_PROXIES: '1',
        IPFS_PROVIDERS: 'pinata',
      },
      'IPFS_PROVIDERS does not name "embedded"',
    ],
    [
      'webhooks that cannot name our own gateway',
      { ...webhook, IPFS_GATEWAY_URL: 'self' },
      'Set it to where',
    ],
    [
      'webhooks that cannot name the clips of this machine',
      { ...webhook, IPFS_PROVIDERS: 'pinata,embedded' },
      'WEBHOOK_URL is set without PUBLIC_BASE_URL',
    ],
  ])('warn of %s', (_, environment, words) => {
    expect(warningsOn({ ...chosen, ...environment })).toEqual([expect.stringContaining(words)])
  })

  it.each<[Record<string, string>, RegExp]>([
    [{ WEB3_STORAGE_TOKEN: 'token-of-the-test' }, /^Web3.Storage is off: .*Set WEB3_STORAGE_URL/],
    [{ INFURA_PROJECT_ID: 'id' }, /^Infura is off: .*Set INFURA_IPFS_URL/],
    [{ INFURA_PROJECT_SECRET: 'secret-of-the-test' }, /^Infura is off: .*Set INFURA_IPFS_URL/],
    [{ INFURA_IPFS_URL: 'https://infura.test' }, /^Infura is off: .*INFURA_PROJECT_ID/],
    [{ PINATA_API_KEY: 'key-of-the-test' }, /PINATA_API_KEY is set without PINATA_API_SECRET/],
    [{ PINATA_API_SECRET: 'secret-of-the-test' }, /PINATA_API_SECRET is set without PINATA_API_KEY/],
    [{ PINNING_SERVICE_URL: 'https://pin.test' }, /PINNING_SERVICE_URL is set without PINNING_SERVICE_TOKEN/],
    [
      { PINNING_SERVICE_TOKEN: 'token-of-the-test' },
      /PINNING_SERVICE_TOKEN is set without PINNING_SERVICE_URL/,
    ],
  ])('warn of a provider that is off for what %j lacks, in one line', (environment, expected) => {
    const warnings = warningsOn({ ...chosen, ...environment })
    expect(warnings).toEqual([expect.stringMatching(expected)])
    expect(warnings[0]).not.toContain('\n')
  })
})

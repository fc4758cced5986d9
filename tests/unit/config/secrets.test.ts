import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { createScrubber } from '#lib/platform/redact.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const example = readFileSync(path.join(import.meta.dirname, '../../../.env.example'), 'utf8')
const names = Object.keys(parseEnv(example.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, '')))

/** Names of accounts and keys, as user names are. */
const ids = ['S3_ACCESS_KEY_ID', 'INFURA_PROJECT_ID']
/** By their names, so that a credential that is declared as something else is found out. */
const credentials = names.filter(
  (name) => /KEY|TOKEN|SECRET|JWT|AUTHORIZATION|HEADERS|PROJECT_ID/.test(name) && !ids.includes(name),
)
const urls = names.filter((name) => /_URL|ENDPOINT|GATEWAYS/.test(name))
/** Others get to see these. */
const plainUrls = urls.filter((name) => /GATEWAY|PUBLIC|CDN|WEBHOOK|IPNI/.test(name))

/** A value that `name` takes, and that holds `secret`. */
function valueWith(name: string, secret: string): string {
  if (name === 'WEBHOOK_SECRET') return `whsec_${secret}`
  if (name === 'VOCALIZE_API_KEYS') return `another-key,${secret}`
  if (name === 'OTEL_EXPORTER_OTLP_HEADERS') return `x-team=voices,authorization=${secret}`
  if (name === 'KUBO_RPC_AUTHORIZATION') return `Basic ${secret}`
  if (name === 'IPFS_GATEWAYS') return `https://one.test,https://two.test?token=${secret}`
  if (plainUrls.includes(name)) return `https://host.test/path?token=${secret}`
  if (name === 'DATABASE_URL') return `postgres://me:${secret}@db.test/voicepin`
  if (name === 'REDIS_URL') return `rediss://me:${secret}@cache.test/0`
  return urls.includes(name) ? `https://me:${secret}@host.test/path` : secret
}

const unique = (name: string) => `${name.replaceAll('_', '')}unique`.padEnd(40, 'x')
const all = [...credentials, ...urls]
const environment: Record<string, string> = {
  S3_ACCESS_KEY_ID: 'voicepin',
  ...Object.fromEntries(all.map((name) => [name, valueWith(name, unique(name))])),
}

describe('the secrets of the configuration', () => {
  const scrub = createScrubber(readConfig(environment).secrets)

  it.each(all)('hold that in %s', (name) => {
    expect(scrub(`refused ${unique(name)} here`)).toBe('refused [secret] here')
  })

  it.each(all)('hold that in %s where it is the only variable', (name) => {
    const few = { ...complementOf(name), [name]: valueWith(name, unique(name)) }
    expect(createScrubber(readConfig(few).secrets)(unique(name))).toBe('[secret]')
  })

  it('may stand in a file that <name>_FILE names, and are kept out from there, too', async () => {
    const file = path.join(await temporaryDirectory(), 'secret')
    for (const name of all) {
      writeFileSync(file, `${valueWith(name, unique(name))}\n`)
      const byFile = readConfig({ ...complementOf(name), [`${name}_FILE`]: file })
      expect(byFile).toEqual(readConfig({ ...complementOf(name), [name]: valueWith(name, unique(name)) }))
      expect(createScrubber(byFile.secrets)(unique(name))).toBe('[secret]')
    }
  })

  it('are refused where their file is missing or empty, or the variable is set as well', async () => {
    const file = path.join(await temporaryDirectory(), 'secret')
    const read = () => readConfig({ VOCALIZE_API_KEYS_FILE: file })
    expect(read).toThrow(`VOCALIZE_API_KEYS_FILE: got ${JSON.stringify(file)}, takes a file that can be read`)
    writeFileSync(file, '\n')
    expect(read).toThrow('VOCALIZE_API_KEYS_FILE')
    writeFileSync(file, 'a-key-of-the-test')
    expect(read().access.vocalizeApiKeys).toEqual(['a-key-of-the-test'])
    const both = { VOCALIZE_API_KEYS: 'another', VOCALIZE_API_KEYS_FILE: file }
    expect(() => readConfig(both)).toThrow('and VOCALIZE_API_KEYS is set as well')
  })

  it.each(plainUrls)('cannot be a user’s in %s, which is refused without repeating it', (name) => {
    const value = 'https://me:p4ss-word@host.test'
    const isNamed = expect.stringMatching(new RegExp(`^${name}: .*without`))
    expect(() => readConfig({ ...complementOf(name), [name]: value })).toThrow(
      expect.objectContaining({ message: isNamed }),
    )
  })

  it('hold the password of a URL as it is written and as it is meant', () => {
    const { secrets } = readConfig({ KUBO_RPC_URL: 'https://me:p%40ssword@node.test:5001/api/v0' })
    expect(secrets).toEqual(expect.arrayContaining(['p%40ssword', 'p@ssword']))
  })

  it('hold the password and the token in the query of a URL', () => {
    const { secrets } = readConfig({
      DATABASE_URL: 'postgres://db.test/voicepin?user=me&password=p%40ssword&sslmode=disable',
      REUSE_SECRET: 'another-one',
      PINATA_GATEWAY_URL: 'https://mine.mypinata.test?pinataGatewayToken=g4teway-t0ken',
    })
    expect(secrets).toEqual(expect.arrayContaining(['p%40ssword', 'p@ssword', 'g4teway-t0ken']))
    expect(secrets).not.toContain('me')
  })

  it('hold no ids and no user names, which may be words of every path', () => {
    const scrub = createScrubber(
      readConfig({
        S3_BUCKET: 'audio',
        S3_ACCESS_KEY_ID: 'voicepin',
        S3_SECRET_ACCESS_KEY: 'x8Kp2-of-the-test',
        INFURA_PROJECT_ID: 'voicepin',
        REDIS_URL: 'redis://voicepin:x9Kp2-of-the-test@cache.test',
      }).secrets,
    )
    expect(scrub('/srv/voicepin/.temp-audio x8Kp2-of-the-test')).toBe('/srv/voicepin/.temp-audio [secret]')
  })

  it('name the variables whose secret looks like any other text', () => {
    const { commonSecrets } = readConfig({
      PINATA_JWT: 'token',
      DATABASE_URL: 'postgres://me:voicepin@db.test/v',
    })
    expect(commonSecrets).toEqual(['DATABASE_URL', 'PINATA_JWT'])
  })

  it('hold what the request hashes are made from', () => {
    const { secrets, reuse } = readConfig({ DATABASE_URL: 'postgres://me:p%40ssword@db.test/voicepin' })
    expect(reuse.secret).toBe('p@ssword')
    expect(secrets).toContain(reuse.secret)
  })

  it('are none where no secret is set', () => {
    expect(readConfig({ KUBO_RPC_URL: 'http://node.test:5001', PORT: '8080' }).secrets).toEqual([])
  })
})

/** What a variable cannot be set without. */
function complementOf(name: string): Record<string, string> {
  if (name === 'WEBHOOK_URL') return { WEBHOOK_SECRET: valueWith('WEBHOOK_SECRET', unique('WEBHOOK_SECRET')) }
  return name === 'S3_SECRET_ACCESS_KEY' ? { S3_ACCESS_KEY_ID: 'voicepin' } : {}
}

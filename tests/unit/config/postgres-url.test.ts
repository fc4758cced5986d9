import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { anyName, readPostgresSettings } from '#lib/config/postgres-url.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const URL_OF = 'postgres://user:p%40ss@db.example:6543/voicepin'
const read = (parameters: string) => readPostgresSettings(`${URL_OF}?${parameters}`)

async function fileWith(text: string): Promise<string> {
  const file = path.join(await temporaryDirectory(), 'file')
  await writeFile(file, text)
  return file
}

describe('DATABASE_URL', () => {
  it('says where the database is, decoded, and has defaults that suit one process of several', () => {
    expect(readPostgresSettings(URL_OF)).toEqual({
      hosts: [{ host: 'db.example', port: 6543 }],
      user: 'user',
      password: 'p@ss',
      database: 'voicepin',
      options: undefined,
      max: 10,
      connectTimeoutMs: 5000,
      statementTimeoutMs: 5000,
      applicationName: 'voicepin',
      tls: false,
      isTlsDirect: false,
      channelBinding: 'disable',
      keepAliveMs: 10_000,
    })
    expect(readPostgresSettings('postgres://localhost')).toMatchObject({
      hosts: [{ host: 'localhost', port: undefined }],
      user: undefined,
      database: undefined,
    })
  })

  it('may name several hosts, IPv6 addresses and the directory of a socket', () => {
    const hostsOf = (url: string) => readPostgresSettings(url).hosts
    expect(
      hostsOf('postgres://u:p@a.example:1,[::1]:2,c.example/voicepin?target_session_attrs=primary'),
    ).toEqual([
      { host: 'a.example', port: 1 },
      { host: '::1', port: 2 },
      { host: 'c.example', port: undefined },
    ])
    expect(hostsOf('postgres:///voicepin?host=/run/postgresql&port=6432')).toEqual([
      { host: '/run/postgresql', port: 6432 },
    ])
    expect(hostsOf('postgres:///voicepin?host=a,b&port=1,2')).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ])
    expect(hostsOf('postgres://%2Frun%2Fpostgresql/voicepin')).toEqual([
      { host: '/run/postgresql', port: undefined },
    ])
  })

  it('may say by parameters what its other parts say', () => {
    expect(readPostgresSettings('postgres://?host=h&user=u&password=p&dbname=d')).toMatchObject({
      hosts: [{ host: 'h', port: undefined }],
      user: 'u',
      password: 'p',
      database: 'd',
    })
  })

  it('has parameters, each with its effect', async () => {
    expect(read('max=3&connect_timeout=2&statement_timeout=500&application_name=worker')).toMatchObject({
      max: 3,
      connectTimeoutMs: 2000,
      statementTimeoutMs: 500,
      applicationName: 'worker',
    })
    expect(read('fallback_application_name=any').applicationName).toBe('any')
    expect(read('options=-c%20search_path%3Dvoice').options).toBe('-c search_path=voice')
    expect(read('keepalives_idle=60').keepAliveMs).toBe(60_000)
    expect(read('keepalives=0').keepAliveMs).toBeUndefined()
    expect(read('sslmode=require&sslnegotiation=direct').isTlsDirect).toBe(true)
    expect(read('sslmode=require&channel_binding=require').channelBinding).toBe('require')
    expect(read('channel_binding=prefer').channelBinding).toBe('prefer')
  })

  it.each([
    ['client_encoding=UTF8'],
    ['gssencmode=disable'],
    ['load_balance_hosts=disable'],
    ['target_session_attrs=read-write'],
    ['pgbouncer=true'],
  ])('takes what is so anyway: %s', (parameter) => {
    expect(read(parameter)).toEqual(readPostgresSettings(URL_OF))
  })

  it.each([
    ['sslmode=disable', false],
    ['ssl=false', false],
    ['ssl=0', false],
    ['sslmode=no-verify', { rejectUnauthorized: false }],
    ['ssl=no-verify', { rejectUnauthorized: false }],
    ['sslmode=require', { rejectUnauthorized: true }],
    ['ssl=true', { rejectUnauthorized: true }],
    ['ssl=1', { rejectUnauthorized: true }],
    ['sslmode=verify-ca', { rejectUnauthorized: true, checkServerIdentity: anyName }],
    ['sslmode=verify-full', { rejectUnauthorized: true }],
    ['ssl=true&sslmode=no-verify', { rejectUnauthorized: false }],
    ['sslrootcert=system', { rejectUnauthorized: true }],
    [
      'sslmode=require&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.3',
      { rejectUnauthorized: true, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
    ],
  ])('says by %s whether there is TLS, and whom to trust', (parameters, tls) => {
    expect(read(parameters).tls).toEqual(tls)
  })

  it('names the files of certificates, which ask for TLS by themselves', async () => {
    const [ca, cert, key] = [
      await fileWith('an authority'),
      await fileWith('a certificate'),
      await fileWith('a key'),
    ]
    expect(read(`sslrootcert=${ca}&sslcert=${cert}&sslkey=${key}&sslpassword=phrase`).tls).toEqual({
      rejectUnauthorized: true,
      ca: 'an authority',
      cert: 'a certificate',
      key: 'a key',
      passphrase: 'phrase',
    })
    expect(() => read(`sslcert=${cert}`)).toThrow(
      'sslkey: got nothing, takes the file with the key of sslcert',
    )
    expect(() => read(`sslkey=${key}`)).toThrow(
      'sslcert: got nothing, takes the file with the certificate of sslkey',
    )
    expect(() => read(`sslmode=disable&sslcert=${cert}&sslkey=${key}`)).toThrow(
      'sslcert: needs an sslmode other than disable',
    )
  })

  it.each([
    ['max=ten', 'max: got "ten", takes a whole number from 1 to 1000'],
    ['max=0', 'max: got "0", takes a whole number from 1 to 1000'],
    ['connect_timeout=', 'connect_timeout: got "", takes a whole number from 1 to 3600'],
    ['statement_timeout=5s', 'statement_timeout: got "5s", takes a whole number from 1 to 3600000'],
    [
      'sslmode=prefer',
      'sslmode: got "prefer", takes one of disable, no-verify, require, verify-ca, verify-full',
    ],
    ['sslrootcert=/nowhere', 'sslrootcert: got "/nowhere", takes a file that can be read'],
    ['ssl=yes', 'ssl: got "yes", takes one of true, 1, false, 0, no-verify'],
    ['ssl=true&sslmode=disable', 'ssl: got "true", which is at odds with sslmode=disable'],
    ['ssl=false&sslmode=require', 'ssl: got "false", which is at odds with sslmode=require'],
    ['channel_binding=require', 'channel_binding=require: needs an sslmode'],
    ['sslnegotiation=direct', 'sslnegotiation=direct: needs an sslmode'],
    ['target_session_attrs=any', 'target_session_attrs: got "any", takes one of read-write, primary'],
    ['gssencmode=require', 'gssencmode: got "require", takes one of disable, prefer'],
    ['port=1,2', 'port: got "1,2", takes one port, or one for each host'],
    ['sslcrl=/a', 'sslcrl: is no parameter that this service knows, takes one of host, port, user'],
    ['schema=voice', 'schema: is no parameter'],
    ['max=1&max=2', 'max: got two values, takes one'],
  ])('is refused where a parameter is malformed, unknown or without effect: %s', (parameter, message) => {
    expect(() => read(parameter)).toThrow(message)
  })
})

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPostgresAddress, readPostgresSettings } from '#lib/config/postgres-url.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const URL_OF = 'postgres://user:p%40ss@db.example:6543/voicepin'

describe('the parameters of DATABASE_URL', () => {
  it('have defaults that suit one process of several', () => {
    expect(readPostgresSettings(URL_OF)).toEqual({
      max: 10,
      connectTimeoutMs: 5000,
      statementTimeoutMs: 5000,
      applicationName: 'voicepin',
      tls: false,
    })
  })

  it('are read from it', async () => {
    const file = path.join(await temporaryDirectory(), 'root.crt')
    await writeFile(file, 'a certificate')
    const parameters = 'max=3&connect_timeout=2&statement_timeout=500&application_name=worker'
    expect(readPostgresSettings(`${URL_OF}?${parameters}&sslrootcert=${file}`)).toEqual({
      max: 3,
      connectTimeoutMs: 2000,
      statementTimeoutMs: 500,
      applicationName: 'worker',
      tls: { rejectUnauthorized: true, ca: 'a certificate' },
    })
  })

  it.each([
    ['disable', false],
    ['no-verify', { rejectUnauthorized: false }],
    ['require', { rejectUnauthorized: true }],
    ['verify-full', { rejectUnauthorized: true }],
  ])('say by sslmode=%s whom to trust', (mode, tls) => {
    expect(readPostgresSettings(`${URL_OF}?sslmode=${mode}`).tls).toEqual(tls)
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
  ])('are refused where they are malformed: %s', (parameter, message) => {
    expect(() => readPostgresSettings(`${URL_OF}?${parameter}`)).toThrow(message)
  })

  it('leave the address as it is, decoded', () => {
    expect(readPostgresAddress(`${URL_OF}?sslmode=require&max=3&options=-c%20search_path%3Dvoice`)).toEqual({
      host: 'db.example',
      port: 6543,
      user: 'user',
      password: 'p@ss',
      database: 'voicepin',
      options: '-c search_path=voice',
    })
    expect(readPostgresAddress('postgres://localhost')).toMatchObject({ host: 'localhost' })
  })
})

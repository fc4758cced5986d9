import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { certificateWarnings } from '#lib/config/content-credentials.ts'
import { readConfig } from '#lib/config/index.ts'
import { configWarnings } from '#lib/config/warnings.ts'
import { makeTestCertificate } from '../../../scripts/test-certificate.mjs'
import { signingEnvironment, testCertificate } from '../../support/c2pa.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const DAY_MS = 24 * 3600 * 1000
const program = path.join(import.meta.dirname, '../../../scripts/c2pa-test-certificate.mjs')

describe('CONTENT_CREDENTIALS', () => {
  it('is off by default, and then its other variables mean nothing', () => {
    expect(readConfig({ C2PA_CERTIFICATE: 'nonsense' }).signing).toBeUndefined()
  })

  it('takes what npm run c2pa:test-certificate prints for .env', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program])
    expect(readConfig(parseEnv(stdout)).signing?.algorithm).toBe('ES256')
    // As a container's file of variables gives it, which knows no quotes.
    const plain = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => /^(\w+)="?(.*?)"?$/.exec(line)?.slice(1) as [string, string]),
    )
    expect(readConfig(plain).signing?.algorithm).toBe('ES256')
  })

  it('takes both from files, as containers hand them over', async () => {
    const directory = await temporaryDirectory()
    const { certificate, privateKey } = await testCertificate()
    const files = { certificate: path.join(directory, 'chain.pem'), key: path.join(directory, 'key.pem') }
    await Promise.all([writeFile(files.certificate, certificate), writeFile(files.key, privateKey)])
    const { signing } = readConfig({
      CONTENT_CREDENTIALS: 'on',
      C2PA_CERTIFICATE_FILE: files.certificate,
      C2PA_PRIVATE_KEY_FILE: files.key,
    })
    expect(signing?.algorithm).toBe('ES256')
  })

  it('takes a chain, and leaves its root out', async () => {
    const { certificate, root } = await testCertificate()
    const chain = `${certificate}\n${root}`
    expect(
      readConfig({ ...(await signingEnvironment()), C2PA_CERTIFICATE: chain }).signing?.certificates,
    ).toHaveLength(1)
  })

  it('refuses the start by one line for each thing that is wrong, without the key in it', async () => {
    const right = await signingEnvironment()
    const other = await makeTestCertificate()
    const rsa = await makeTestCertificate({
      algorithm: {
        name: 'RSASSA-PKCS1-v1_5',
        hash: 'SHA-256',
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
      },
    })
    const { root } = await testCertificate()
    const wrong: [changes: Record<string, string>, message: RegExp][] = [
      [
        { C2PA_CERTIFICATE: '', C2PA_PRIVATE_KEY: '' },
        /C2PA_CERTIFICATE: got nothing.*C2PA_PRIVATE_KEY: got nothing.*c2pa:test-certificate/,
      ],
      [{ C2PA_PRIVATE_KEY: '' }, /^C2PA_PRIVATE_KEY: got nothing/],
      [
        { C2PA_CERTIFICATE: '/etc/cert.pem' },
        /C2PA_CERTIFICATE: got a text without a certificate, takes in PEM/,
      ],
      [
        { C2PA_CERTIFICATE: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
        /cannot be read/,
      ],
      [{ C2PA_CERTIFICATE: root }, /vouches for itself or for others/],
      [
        { C2PA_CERTIFICATE: `${right.C2PA_CERTIFICATE}\n${other.root}` },
        /no. 2 does not vouch for the one before/,
      ],
      [{ C2PA_PRIVATE_KEY: 'nonsense' }, /C2PA_PRIVATE_KEY: got a value that is not a private key in PEM/],
      [{ C2PA_PRIVATE_KEY: other.privateKey }, /got the key of another certificate/],
      [
        { C2PA_CERTIFICATE: rsa.certificate, C2PA_PRIVATE_KEY: rsa.privateKey },
        /got a key of the kind rsa, takes one of P-256/,
      ],
    ]
    for (const [changes, message] of wrong) {
      const start = () => readConfig({ ...right, ...changes })
      expect(start).toThrow(message)
      expect(start).not.toThrow(/PRIVATE KEY-----/)
    }
  })

  it('keeps the key out of logs and answers', async () => {
    const { secrets } = readConfig(await signingEnvironment())
    expect(secrets.join()).toContain('-----BEGIN PRIVATE KEY-----')
  })

  it('warns of a certificate that has expired, will soon, or is not valid yet', async () => {
    const { signing } = readConfig(await signingEnvironment())
    const at = (days: number) => certificateWarnings(signing, Date.now() + days * DAY_MS).join()
    expect([at(1), at(334)]).toEqual(['', ''])
    expect(at(340)).toMatch(/expires on .* and from then on clips are kept without content credentials/)
    expect(at(366)).toMatch(/has expired on/)
    expect(at(-2)).toMatch(/valid only from/)
    expect(certificateWarnings(undefined, Date.now())).toEqual([])
  })

  it('warns where AUDIO_OPTIMIZE=opus would keep most clips from being signed', async () => {
    const config = readConfig({ ...(await signingEnvironment()), AUDIO_OPTIMIZE: 'opus' })
    expect(configWarnings(config).join()).toContain('CONTENT_CREDENTIALS and AUDIO_OPTIMIZE=opus are both on')
  })
})

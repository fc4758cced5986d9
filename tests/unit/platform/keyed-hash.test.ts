import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createKeyedHash, secretOfKeyFile } from '#lib/platform/keyed-hash.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const derivation = { salt: 'salt', info: 'info' }

async function keyFile() {
  return path.join(await temporaryDirectory(), 'deep', 'key')
}

describe('a keyed hash without a secret', () => {
  it('keeps its key in the file, so that equal values have equal hashes after a restart', async () => {
    const file = await keyFile()
    const before = createKeyedHash({ file, secret: undefined, derivation })
    const after = createKeyedHash({ file, secret: undefined, derivation })
    const hash = await before.hash(['a', 1])
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(await after.hash(['a', 1])).toBe(hash)
    expect(await after.hash(['a', 2])).not.toBe(hash)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('agrees with all others that make the key at the same time, and leaves no draft behind', async () => {
    const file = await keyFile()
    const all = Array.from({ length: 8 }, () => createKeyedHash({ file, secret: undefined, derivation }))
    const hashes = await Promise.all(all.map((each) => each.hash('a text')))
    expect(new Set(hashes).size).toBe(1)
    expect(await readdir(path.dirname(file))).toEqual(['key'])
  })

  it('throws while the file is no key, and works as soon as it is one', async () => {
    const file = path.join(await temporaryDirectory(), 'key')
    await writeFile(file, 'short')
    const hashes = createKeyedHash({ file, secret: undefined, derivation })
    await expect(hashes.hash('a text')).rejects.toThrow('is not 32 bytes long')
    await writeFile(file, Buffer.alloc(32))
    expect(await hashes.hash('a text')).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('a keyed hash with a secret', () => {
  it('needs no file, and depends on the secret, the salt and the info', async () => {
    const hashOf = (secret: string, salt = 'salt', info = 'info') =>
      createKeyedHash({ file: '/nowhere/key', secret, derivation: { salt, info } }).hash('a text')
    const hashes = [hashOf('one'), hashOf('two'), hashOf('one', 'other'), hashOf('one', 'salt', 'other')]
    expect(new Set(await Promise.all(hashes)).size).toBe(4)
    expect(await hashOf('one')).toBe(await hashes[0])
  })

  it('has the key of a file where the secret was read from that file', async () => {
    const file = await keyFile()
    const before = await createKeyedHash({ file, secret: undefined, derivation }).hash('a text')
    const secret = (await secretOfKeyFile(file)) ?? ''
    expect(secret).toBe(`key:${(await readFile(file)).toString('hex')}`)
    expect(await createKeyedHash({ file: '/nowhere/key', secret, derivation }).hash('a text')).toBe(before)
    expect(await secretOfKeyFile('/nowhere/key')).toBeNull()
  })
})

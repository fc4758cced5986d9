import { createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { draftPath, nullIfMissing, nullOn } from './files.ts'

const KEY_BYTES = 32
/** A secret of this form is the key itself, in hex: what a key file held can be passed on as a secret. */
const KEY_AS_SECRET = /^key:([0-9a-f]{64})$/

/** Hashes that say nothing of what was hashed to anyone who does not have the key. */
export interface KeyedHash {
  /**
   * HMAC-SHA-256 of `value` as JSON, in hex: equal values have equal hashes.
   *
   * @throws when the key can be neither read nor made
   */
  hash(value: unknown): Promise<string>
}

interface KeyOptions {
  /** Where the key is kept when there is no secret: made at the first use, and readable by the owner alone. */
  file: string
  /** The key is derived from it, so that all processes that share a secret have the same key. */
  secret: string | undefined
  /** What sets this key apart from others that are derived from the same secret. */
  derivation: { salt: string; info: string }
}

/** @see https://www.rfc-editor.org/rfc/rfc5869 (HKDF) */
export function createKeyedHash({ file, secret, derivation }: KeyOptions): KeyedHash {
  // A key that is made ready once takes a fifth of the time.
  let key = secret ? Promise.resolve(createSecretKey(keyFrom(secret, derivation))) : undefined
  return {
    async hash(value) {
      key ??= readOrMakeKey(file).then(createSecretKey)
      key.catch(() => {
        key = undefined
      })
      return createHmac('sha256', await key)
        .update(JSON.stringify(value))
        .digest('hex')
    },
  }
}

/** The secret that gives the same key as `file`; `null` where there is no such file. */
export async function secretOfKeyFile(file: string): Promise<string | null> {
  const key = await readKey(file)
  return key && `key:${key.toString('hex')}`
}

function keyFrom(secret: string, { salt, info }: KeyOptions['derivation']): Buffer {
  const key = KEY_AS_SECRET.exec(secret)?.[1]
  if (key) return Buffer.from(key, 'hex')
  return Buffer.from(hkdfSync('sha256', secret, salt, info, KEY_BYTES))
}

async function readOrMakeKey(file: string): Promise<Buffer> {
  const known = await readKey(file)
  if (known) return known
  await mkdir(path.dirname(file), { recursive: true })
  const draft = draftPath(file)
  const handle = await open(/* turbopackIgnore: true */ draft, 'wx', 0o600)
  try {
    await handle.writeFile(randomBytes(KEY_BYTES))
    await handle.sync()
  } finally {
    await handle.close()
  }
  // Unlike a rename, a link never replaces a file: of several processes that make a key at once, the first one wins.
  await link(draft, file).catch(nullOn('EEXIST'))
  await rm(draft, { force: true })
  const made = await readKey(file)
  if (!made) throw new Error(`The key in ${file} is not ${KEY_BYTES} bytes long`)
  return made
}

async function readKey(file: string): Promise<Buffer | null> {
  const key = await readFile(file).catch(nullIfMissing)
  return key?.byteLength === KEY_BYTES ? key : null
}

import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { SpeechRequest } from '#lib/speech/speech.ts'

const KEY_BYTES = 32
/** A secret of this form is the key itself, in hex: a key that was a file once goes on being the same. */
const KEY_AS_SECRET = /^key:([0-9a-f]{64})$/

/** Turns a request into a hash that says nothing of its text to anyone who does not have the key. */
export interface RequestHasher {
  /** @throws when the key can be neither read nor made */
  hash(value: unknown): Promise<string>
}

/**
 * Derives its key from `secret`, which all processes of a shared catalog have. Without one it keeps a key in `file`,
 * made at the first use: beside the catalog, and not in it.
 */
export function createRequestHasher(options: { file: string; secret: string | undefined }): RequestHasher {
  const { file, secret } = options
  let key = secret ? Promise.resolve(keyFrom(secret)) : undefined
  return {
    async hash(value) {
      key ??= readOrMakeKey(file)
      key.catch(() => {
        key = undefined
      })
      return createHmac('sha256', await key)
        .update(JSON.stringify(value))
        .digest('hex')
    },
  }
}

/** All that decides how a request sounds, in one order; the same for requests that must sound the same. */
export function requestFingerprint(
  request: SpeechRequest & { modelId: string; outputFormat: string },
  speech: string,
): unknown[] {
  const { text, voiceId, modelId, outputFormat, voiceSettings, languageCode, seed } = request
  const settings = Object.entries(voiceSettings ?? {})
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const sound = [speech, text.normalize('NFC').trim(), voiceId, modelId, outputFormat, settings]
  return [...sound, languageCode ?? null, seed ?? null]
}

/** The secret that stands for the key in `file`; `null` where there is none. */
export async function secretOfKeyFile(file: string): Promise<string | null> {
  const key = await readKey(file)
  return key && `key:${key.toString('hex')}`
}

function keyFrom(secret: string): Buffer {
  const key = KEY_AS_SECRET.exec(secret)?.[1]
  if (key) return Buffer.from(key, 'hex')
  return Buffer.from(hkdfSync('sha256', secret, 'voicepin', 'request hashes', KEY_BYTES))
}

async function readOrMakeKey(file: string): Promise<Buffer> {
  const known = await readKey(file)
  if (known) return known
  await mkdir(path.dirname(file), { recursive: true })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(/* turbopackIgnore: true */ draft, 'wx', 0o600)
  try {
    await handle.writeFile(randomBytes(KEY_BYTES))
    await handle.sync()
  } finally {
    await handle.close()
  }
  // A link is made once, whole or not at all, whichever of several processes comes first.
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft, { force: true })
  const made = await readKey(file)
  if (!made) throw new Error(`The key of the request hashes in ${file} is not ${KEY_BYTES} bytes long`)
  return made
}

async function readKey(file: string): Promise<Buffer | null> {
  try {
    const key = await readFile(file)
    return key.byteLength === KEY_BYTES ? key : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

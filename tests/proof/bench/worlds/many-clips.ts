import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const DAY_MS = 86_400_000
const SIZE_BYTES = 1024

/**
 * Gives a service that is stopped `count` stored clips whose bytes are here, as files of 1 KiB. It has made the tables itself, and
 * what is written into them has been there from the first version on.
 */
export function fillWithHeldClips(directory: string, count: number): void {
  const database = new DatabaseSync(path.join(directory, 'catalog.sqlite'))
  const now = Date.now()
  const addClip = database.prepare(`
    insert into clips (
      id, state, request_id, characters, voice_id, output_format, created_at, expires_at, cid, mime_type, file_extension,
      size_bytes, duration_ms, staged_at, is_held, provider, ipfs_hash, permanent_url, stored_at, attempts, failed_rounds
    ) values (
      $id, 'stored', 'request', 40, 'slt', 'mp3_44100_128', $at, $expiresAt, $cid, 'audio/mpeg', 'mp3',
      ${SIZE_BYTES}, 3000, $at, 1, 'pinata', $cid, 'https://gateway.example/ipfs/' || $cid, $at, 1, 0
    )`)
  const addPin = database.prepare(`
    insert into pins (clip_id, provider, cid, pinned_at, checked_at, proven_at)
    values ($id, 'pinata', $cid, $at, $at, $at)`)
  const audio = path.join(directory, 'audio')
  mkdirSync(audio, { recursive: true })
  const bytes = randomBytes(SIZE_BYTES)
  database.exec('begin')
  for (let index = 0; index < count; index += 1) {
    const id = randomBytes(16).toString('hex')
    const at = now - (index % 3600) * 1000
    const cid = `bafkrei${id}`
    addClip.run({ id, cid, at, expiresAt: now + DAY_MS })
    addPin.run({ id, cid, at })
    writeFileSync(path.join(audio, id), bytes)
  }
  database.exec('commit')
  database.close()
}

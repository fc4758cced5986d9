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
  if (count === 0) return
  const database = new DatabaseSync(path.join(directory, 'catalog.sqlite'))
  const now = Date.now()
  const id = "printf('%032x', i)"
  const at = `${now} - i % 3600 * 1000`
  database.exec(`
    create temp table numbers as
      with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1}) select i from n;
    begin;
    insert into clips (
      id, state, request_id, characters, voice_id, output_format, created_at, expires_at, cid, mime_type, file_extension,
      size_bytes, duration_ms, staged_at, is_held, provider, ipfs_hash, permanent_url, stored_at, attempts, failed_rounds
    )
    select ${id}, 'stored', 'request', 40, 'slt', 'mp3_44100_128', ${at}, ${now + DAY_MS}, 'bafk' || i, 'audio/mpeg', 'mp3',
      ${SIZE_BYTES}, 3000, ${at}, 1, 'pinata', 'bafk' || i, 'https://gateway.example/ipfs/bafk' || i, ${at}, 1, 0
    from numbers;
    insert into pins (clip_id, provider, cid, pinned_at, checked_at, proven_at)
    select ${id}, 'pinata', 'bafk' || i, ${at}, ${at}, ${at} from numbers;
    commit;
    drop table numbers;`)
  database.close()
  const audio = path.join(directory, 'audio')
  mkdirSync(audio, { recursive: true })
  const bytes = Buffer.alloc(SIZE_BYTES)
  for (let i = 0; i < count; i += 1) writeFileSync(path.join(audio, i.toString(16).padStart(32, '0')), bytes)
}

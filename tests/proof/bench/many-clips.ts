import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { newDirectory } from '../../support/service.ts'
import type { Start } from './backlog.ts'
import { cpuSecondsOf } from './measure/process-tree.ts'

const DAY_MS = 86_400_000
const key = 'an-operator-of-the-bench'
const environment = { ADMIN_API_KEY: key, IPFS_PROVIDERS: 'embedded' }

/**
 * Gives a service that is stopped `count` clips that were stored over the last 30 days, with the attempts that led to that, by
 * columns that have been there from the first version with such attempts on.
 */
function fillWithStoredClips(directory: string, count: number): void {
  const database = new DatabaseSync(path.join(directory, 'catalog.sqlite'))
  const now = Date.now()
  const at = `${now} - i * ${Math.floor((30 * DAY_MS) / count)}`
  const id = `printf('%032x', i)`
  database.exec(`
    create temp table numbers as
      with recursive numbers(i) as (select 0 union all select i + 1 from numbers where i < ${count - 1})
      select i from numbers;
    begin;
    insert into clips (
      id, state, request_id, characters, voice_id, output_format, created_at, expires_at, cid, mime_type, file_extension,
      size_bytes, duration_ms, staged_at, is_held, provider, ipfs_hash, permanent_url, stored_at, attempts
    )
    select ${id}, 'stored', 'request', 40, 'slt', 'mp3_44100_128', ${at}, ${at} + ${DAY_MS}, 'bafk' || i, 'audio/mpeg', 'mp3',
      48000, 3000, ${at}, 0, 'pinata', 'bafk' || i, 'https://gateway.example/ipfs/bafk' || i,
      ${at} + 200 + i * 7919 % 700, 1
    from numbers;
    insert into attempts (clip_id, provider, "trigger", started_at, duration_ms, outcome, may_have_stored)
    select ${id}, 'pinata', 'request', ${at}, 200, 'stored', 0 from numbers;
    insert into speech_attempts (id, vendor, clip_id, characters, started_at, first_byte_ms, duration_ms, outcome)
    select ${id}, 'elevenlabs', ${id}, 40, ${at}, 100 + i * 104729 % 500, 900, 'spoken' from numbers;
    commit;
    analyze;`)
  database.close()
}

/** How long the dashboard's figures of 30 days take, and how long another request waits meanwhile at most. */
export async function dashboardOfManyClips(
  start: Start,
  { clips = 1_000_000, looks = 5 } = {},
): Promise<{ figuresMs: number; longestWaitMs: number; cpuMsPerRead: number }> {
  const directory = await newDirectory()
  const empty = await start({ environment, directory })
  await empty.stop()
  fillWithStoredClips(directory, clips)
  await using stack = new AsyncDisposableStack()
  const service = stack.adopt(await start({ environment, directory }), (it) => it.kill())

  async function timed(pathname: string) {
    const startedAt = performance.now()
    const response = await service.fetch(pathname, { headers: { authorization: `Bearer ${key}` } })
    await response.bytes()
    if (!response.ok) throw new Error(`${pathname} was answered ${response.status}`)
    return performance.now() - startedAt
  }
  const look = () => timed('/api/admin/figures?range=30d')
  await look()
  const times: number[] = []
  const waits: number[] = []
  const before = cpuSecondsOf(service.processId)
  for (let count = 0; count < looks; count += 1) {
    const looking = look()
    await sleep(1)
    waits.push(await timed('/api/health'))
    times.push(await looking)
  }
  const cpuSeconds = cpuSecondsOf(service.processId) - before
  return {
    figuresMs: Math.min(...times),
    longestWaitMs: Math.max(...waits),
    cpuMsPerRead: (1000 * cpuSeconds) / looks,
  }
}

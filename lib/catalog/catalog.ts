import type { Kysely } from 'kysely'
import { type Attempts, createAttempts } from './attempts.ts'
import { type Attention, createAttention } from './attention.ts'
import { type Backlog, createBacklog } from './backlog.ts'
import { type Budgets, createBudgets } from './budgets.ts'
import { type CaptionsCatalog, createCaptions } from './captions.ts'
import { type Changes, createChanges } from './changes.ts'
import { type ClipList, createClipList } from './clip-list.ts'
import { type Clips, createClips } from './clips.ts'
import { type ClockLog, createClockLog } from './clock.ts'
import { type Connector, createDatabase } from './connection.ts'
import { createCounterBuffer } from './counter-buffer.ts'
import { addToCounters, type Counters, createCounters } from './counters.ts'
import { createDeletions, type Deletions } from './deletions.ts'
import { createEndedSessions, type EndedSessions } from './ended-sessions.ts'
import type { CatalogEvents, Emit } from './events.ts'
import { createIdempotencyKeys, type IdempotencyKeys } from './idempotency.ts'
import { createIpni, type Ipni } from './ipni.ts'
import { createPins, type Pins } from './pins.ts'
import { createQueue, type Queue } from './queue.ts'
import { createRecords, type Records } from './records.ts'
import { createReplications, type Replications } from './replications.ts'
import { createRequests, type Requests } from './requests.ts'
import type { Schema } from './schema.ts'
import { createScripts, type Scripts } from './scripts.ts'
import { createSpeechAttempts, type SpeechAttempts } from './speech-attempts.ts'
import { createStats, type Stats } from './stats.ts'
import { readTotals, type Totals } from './totals.ts'
import { createWebhooks, type Webhooks } from './webhooks.ts'

const readInstallation = async (db: Kysely<Schema>) =>
  (await db.selectFrom('installation').select('id').executeTakeFirstOrThrow()).id

/** The truth about every clip. Each method is one transaction; all throw `CatalogError` when the database fails. */
export interface Catalog {
  clips: Clips
  captions: CaptionsCatalog
  queue: Queue
  attempts: Attempts
  speechAttempts: SpeechAttempts
  pins: Pins
  replications: Replications
  backlog: Backlog
  clipList: ClipList
  attention: Attention
  stats: Stats
  counters: Counters
  changes: Changes
  budgets: Budgets
  webhooks: Webhooks
  deletions: Deletions
  records: Records
  requests: Requests
  idempotencyKeys: IdempotencyKeys
  scripts: Scripts
  endedSessions: EndedSessions
  ipni: Ipni
  clock: ClockLog
  /** The name of this catalog, by which its bucket knows it. A copy has the same one. */
  id(): Promise<string>
  /** How much there is now. */
  totals(): Promise<Totals>
  /** Proves that the database can be read and written now. */
  check(): Promise<void>
  /** Syncs all that was recorded so far, so that it outlives a crash of the machine. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * The catalog on the database that `connector` leads to. `recordsWebhooks`: the ends of clips are recorded for the receiver
 * of webhooks. `events` gets each change once it is committed, and the end of an attempt at a speech vendor at once.
 */
export function createCatalog(
  connector: Connector,
  { recordsWebhooks = false, events }: { recordsWebhooks?: boolean; events?: CatalogEvents } = {},
): Catalog {
  const database = createDatabase(connector)
  const counterBuffer = createCounterBuffer(database)
  const emit: Emit = (event) => events?.emit(event)
  const speechAttempts = createSpeechAttempts(database, emit)
  const flush = async () => {
    await speechAttempts.flush()
    await counterBuffer.flush()
  }
  // Only a commit is synced, so this one writes what changes nothing.
  const sync = () => database.durably((db) => addToCounters(db, [{ name: 'clips_expired', value: 0 }]))
  return {
    clips: createClips(database, { recordsWebhooks, emit }),
    captions: createCaptions(database, emit),
    queue: createQueue(database, emit),
    attempts: createAttempts(database, emit),
    speechAttempts,
    pins: createPins(database, emit),
    replications: createReplications(database, emit),
    backlog: createBacklog(database),
    clipList: createClipList(database),
    attention: createAttention(database),
    stats: createStats(database),
    changes: createChanges(database),
    counters: createCounters(database, flush),
    budgets: createBudgets(database),
    webhooks: createWebhooks(database, emit),
    deletions: createDeletions(database, { recordsWebhooks, emit }),
    records: createRecords(database),
    requests: createRequests(database, counterBuffer),
    idempotencyKeys: createIdempotencyKeys(database),
    scripts: createScripts(database, emit),
    endedSessions: createEndedSessions(database),
    ipni: createIpni(database),
    clock: createClockLog(database),
    id: () => database.read(readInstallation),
    totals: () => database.read(readTotals),
    check: sync,
    sync,
    async close() {
      await flush().catch(() => {})
      await database.close()
    },
  }
}

import type { Kysely, QueryCreator } from 'kysely'
import type { Clip, OriginalFacts } from '#lib/model/clip.ts'
import { attemptCounter, type EndedAttempt, endedRow, endOne } from './attempt-rows.ts'
import { addToCounters, type CounterIncrement, timeToIpfsCounters } from './counters.ts'
import { reopenDeletion, reopenShared } from './deletion-transitions.ts'
import { isUnleased, unleased } from './leases.ts'
import { freshPin } from './pin-transitions.ts'
import { prepared } from './prepared.ts'
import { type Pin, type Schema, toClip } from './schema.ts'
import { isJoinedClip } from './script-rows.ts'
import { recordWebhook } from './webhooks.ts'

/** What is known once the bytes are durable. */
export type StagedFacts = Pick<
  Clip,
  | 'cid'
  | 'mimeType'
  | 'fileExtension'
  | 'sizeBytes'
  | 'durationMs'
  | 'stagedAt'
  | 'leaseOwner'
  | 'leaseExpiresAt'
> &
  Partial<Pick<Clip, 'expiresAt' | 'modelId' | 'outputFormat' | 'spokenAt' | 'speech'> & OriginalFacts>

/** Where a provider keeps a clip. `isProven`: it has verified the bytes where it keeps them. */
export type StoredFacts = Pick<Clip, 'provider' | 'ipfsHash' | 'permanentUrl' | 'storedAt'> & {
  isProven?: boolean
}

/** The same where all of it is known. */
export type KeptFacts = StoredFacts & { provider: string; ipfsHash: string; storedAt: number }

export interface FailedRound {
  leaseOwner: string
  error: string
  lastRoundAt: number
  nextAttemptAt: number
}

/** Why a clip that no provider took is ended, and by whom. */
export interface ExpiredFacts {
  error: string
  now: number
  /** Who ends it and may hold its lease. */
  leaseOwner?: string | undefined
}

type Db = Kysely<Schema>

const clipById = prepared((db, { id }: { id: string }) =>
  db.selectFrom('clips').selectAll().where('id', '=', id),
)

export async function findClip(db: Db, id: string): Promise<Clip | null> {
  const { rows } = await clipById(db, { id })
  return rows[0] ? toClip(rows[0]) : null
}

/** The columns of a staged clip. */
export const stagedRow = (
  id: string,
  { speech, ...facts }: StagedFacts,
  { hasLocalBytes } = { hasLocalBytes: true },
) => ({
  id,
  ...facts,
  ...(speech && { speech: JSON.stringify(speech) }),
  isHeld: hasLocalBytes ? 1 : 0,
  nextAttemptAt: facts.stagedAt,
})

/** The change of the clip alone. */
export const becomeStaged = (db: QueryCreator<Schema>, { id, ...row }: ReturnType<typeof stagedRow>) =>
  db
    .updateTable('clips')
    .set({ ...row, state: 'staged' })
    .set((eb) => ({ captionsCid: eb.selectFrom('captions').select('cid').where('clipId', '=', id) }))
    .where('id', '=', id)
    .where('state', '=', 'speaking')

const stage = prepared(becomeStaged)

/** Returns the clip as it is afterwards, which may have been staged before; `null` where it has no record. */
export async function stageClip(
  db: Db,
  id: string,
  facts: StagedFacts,
  options = { hasLocalBytes: true },
): Promise<Clip | null> {
  const { numAffectedRows } = await stage(db, stagedRow(id, facts, options))
  const clip = await findClip(db, id)
  if (clip && numAffectedRows && !(await isJoinedClip(db, id))) {
    await addToCounters(db, [{ name: 'characters_spoken', value: clip.characters }])
  }
  return clip
}

/** The columns of a stored clip. */
export const storedRow = (id: string, { isProven = false, ...facts }: StoredFacts) => ({
  id,
  ...facts,
  unprovenSince: isProven ? null : facts.storedAt,
})

/** The change of the clip alone. */
export const becomeStored = (db: QueryCreator<Schema>, { id, ...row }: ReturnType<typeof storedRow>) =>
  db
    .updateTable('clips')
    .set({ ...row, ...unleased, state: 'stored', lastError: null, nextAttemptAt: null })
    .where('id', '=', id)
    .where('state', 'not in', ['stored', 'deleted'])

const store = prepared(becomeStored)
const pin = prepared((db, row: Pin) =>
  db
    .insertInto('pins')
    .values(row)
    .onConflict((conflict) => conflict.doNothing()),
)

/** The pin of the provider that has stored a clip first. */
export const firstPin = (
  clipId: string,
  { provider, ipfsHash: cid, storedAt, isProven }: StoredFacts & { provider: string; ipfsHash: string },
) => freshPin({ clipId, provider, cid, pinnedAt: storedAt ?? 0, provenAt: isProven ? storedAt : null })

/**
 * The clip with the pin, the counters and the webhook that belong to it; `undefined` where nothing changed. `attempt`: the
 * one that has stored it, whose end is recorded in any case.
 */
export async function storeClip(
  db: Db,
  id: string,
  facts: StoredFacts,
  { recordsWebhooks, attempt }: { recordsWebhooks: boolean; attempt?: EndedAttempt | undefined },
): Promise<Clip | undefined> {
  const counters: CounterIncrement[] = []
  if (attempt) {
    await endOne(db, endedRow(attempt))
    counters.push(attemptCounter(attempt))
  }
  const { numAffectedRows } = await store(db, storedRow(id, facts))
  const clip = numAffectedRows ? await findClip(db, id) : null
  const { provider, ipfsHash, storedAt } = facts
  if (!clip) {
    if (provider && ipfsHash) await reopenDeletion(db, { clipId: id, provider, cid: ipfsHash }, storedAt ?? 0)
    await addToCounters(db, counters)
    return undefined
  }
  if (provider && ipfsHash) await pin(db, firstPin(id, { ...facts, provider, ipfsHash }))
  if (!clip.captionsOf) {
    const elapsedMs = Math.max(0, (storedAt ?? 0) - (clip.stagedAt ?? clip.createdAt))
    counters.push({ name: 'clips_stored', label: provider ?? '', value: 1 })
    counters.push(...timeToIpfsCounters(elapsedMs / 1000))
  }
  await addToCounters(db, counters)
  if (recordsWebhooks && !clip.captionsOf) {
    const now = storedAt ?? clip.createdAt
    await recordWebhook(db, { type: 'clip.stored', clipId: id, now })
    if (await isJoinedClip(db, id)) await recordWebhook(db, { type: 'script.stored', clipId: id, now })
  }
  return clip
}

/** Returns whether the lease of this round on the clip was still valid. */
export async function postponeClip(db: Db, id: string, round: FailedRound): Promise<boolean> {
  const { leaseOwner, error, lastRoundAt, nextAttemptAt } = round
  const { numUpdatedRows } = await db
    .updateTable('clips')
    .set({ ...unleased, state: 'pending', lastError: error, lastRoundAt, nextAttemptAt })
    .set((eb) => ({ failedRounds: eb('failedRounds', '+', 1) }))
    .where('id', '=', id)
    .where('state', 'in', ['staged', 'pending'])
    .where('leaseOwner', '=', leaseOwner)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** The clip with the counter and the webhook that belong to it; `undefined` where it is not to expire. */
export async function expireClip(
  db: Db,
  id: string,
  { error, now, leaseOwner = '' }: ExpiredFacts,
  { recordsWebhooks }: { recordsWebhooks: boolean },
): Promise<Clip | undefined> {
  const row = await db
    .updateTable('clips')
    .set({ ...unleased, state: 'expired', lastError: error, nextAttemptAt: null })
    .where('id', '=', id)
    .where('state', 'in', ['staged', 'pending'])
    .where('expiresAt', '<=', now)
    .where((eb) => eb.or([isUnleased(now), eb('leaseOwner', '=', leaseOwner)]))
    .returningAll()
    .executeTakeFirst()
  if (!row) return undefined
  if (row.cid) await reopenShared(db, row.cid, now)
  if (row.captionsOf) {
    // It is made once more.
    await db.updateTable('captions').set({ isFiled: 0 }).where('clipId', '=', row.captionsOf).execute()
    return toClip(row)
  }
  await db.deleteFrom('captions').where('clipId', '=', id).execute()
  await addToCounters(db, [{ name: 'clips_expired', value: 1 }])
  if (recordsWebhooks) await recordWebhook(db, { type: 'clip.expired', clipId: id, now })
  return toClip(row)
}

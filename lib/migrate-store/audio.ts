import { Readable } from 'node:stream'
import type { Database } from '#lib/catalog/connection.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { describeError } from '#lib/platform/errors.ts'
import { inBatches } from '#lib/platform/in-batches.ts'
import type { Bucket } from '#lib/temp-audio/bucket.ts'
import type { TempAudioStore } from '#lib/temp-audio/store.ts'

const BATCH = 500
const AT_ONCE = 4

/** What became of the audio. */
export interface AudioProof {
  /** Clips whose bytes should be here by their records, and files without a record that a crash has left. */
  clips: number
  /** Sent to the bucket now; the others were there. */
  copied: number
  /** Read back from the bucket, and the same by their CID. */
  verified: number
  verifiedBytes: number
  /** Stored clips whose bytes had left the source before; IPFS has them. */
  alreadyGone: number
  /** What is wrong, one line each. */
  problems: string[]
}

interface KnownClip {
  id: string
  cid: string | null
  state: string
  isHeld: number
}

/** How many objects in the bucket belong to no clip of the source: another service uses it then. */
export async function countForeignObjects(
  bucket: Bucket,
  source: Database,
  files: TempAudioStore,
): Promise<number> {
  let foreignObjects = 0
  for await (const batch of inBatches(bucket.list(), BATCH)) {
    const records = await recordsOf(
      source,
      batch.map(({ id }) => id),
    )
    for (const { id } of batch) {
      if (!records.has(id) && !(await files.blob(id))) foreignObjects += 1
    }
  }
  return foreignObjects
}

/**
 * Copies the file of every clip whose bytes should be here into `bucket`, reads it back and compares CIDs. What is there
 * and right is not sent again, so that a copy that broke off goes on.
 *
 * @throws when the bucket fails
 */
export async function copyAudio(options: {
  source: Database
  files: TempAudioStore
  bucket: Bucket
  onProgress: (proof: AudioProof) => void
}): Promise<AudioProof> {
  const { source, files, bucket, onProgress } = options
  const proof: AudioProof = {
    clips: 0,
    copied: 0,
    verified: 0,
    verifiedBytes: 0,
    alreadyGone: 0,
    problems: [],
  }
  const present = new Map<string, number>()
  for await (const { id, sizeBytes } of bucket.list()) present.set(id, sizeBytes)
  const seen = new Set<string>()

  for await (const batch of inBatches(files.list(), BATCH)) {
    const records = await recordsOf(
      source,
      batch.map(({ id }) => id),
    )
    const wanted = batch.filter(({ id }) => records.get(id)?.isHeld !== 0)
    for (const { id } of wanted) seen.add(id)
    await eachOf(wanted, async ({ id }) => {
      proof.clips += 1
      const outcome = await copyOne({ files, bucket }, id, records.get(id), present.get(id))
      if ('problem' in outcome) proof.problems.push(`${id}: ${outcome.problem}`)
      else {
        proof.verified += 1
        proof.verifiedBytes += outcome.sizeBytes
        if (outcome.isCopied) proof.copied += 1
      }
      onProgress(proof)
    })
  }
  for (const { id, state } of await localWithoutFile(source, seen)) {
    if (['stored', 'expired', 'deleted'].includes(state)) proof.alreadyGone += 1
    // A clip that was not spoken to its end has no bytes to lose.
    else if (state !== 'speaking') {
      proof.clips += 1
      proof.problems.push(`${id}: it waits for IPFS, and its file is not in the source`)
    }
  }
  return proof
}

type Outcome = { problem: string } | { sizeBytes: number; isCopied: boolean }

async function copyOne(
  { files, bucket }: { files: TempAudioStore; bucket: Bucket },
  id: string,
  record: KnownClip | undefined,
  presentBytes: number | undefined,
): Promise<Outcome> {
  const file = await readable(files.blob(id))
  if (!file) return { problem: 'its file went while it was copied' }
  if (file instanceof Error) return { problem: `its file cannot be read: ${describeError(file)}` }
  const { cid, sizeBytes } = await computeCid(chunksOf(file))
  if (record?.cid && record.state !== 'speaking' && record.cid !== cid) {
    return { problem: `its file has changed: it is ${cid} and should be ${record.cid}` }
  }
  if (presentBytes === sizeBytes && (await cidIn(bucket, id)) === cid) return { sizeBytes, isCopied: false }
  await bucket.upload(id, Readable.from(chunksOf(file)), sizeBytes)
  const copiedCid = await cidIn(bucket, id)
  if (copiedCid !== cid)
    return { problem: `the bucket gives ${copiedCid ?? 'nothing'} and should give ${cid}` }
  return { sizeBytes, isCopied: true }
}

async function cidIn(bucket: Bucket, id: string): Promise<string | null> {
  const body = await bucket.open(id)
  return body && (await computeCid(body)).cid
}

async function readable<T>(blob: Promise<T>): Promise<T | Error> {
  return blob.catch((error: unknown) => error as Error)
}

async function recordsOf(source: Database, ids: string[]): Promise<Map<string, KnownClip>> {
  const rows = await source.read((db) =>
    db.selectFrom('clips').select(['id', 'cid', 'state', 'isHeld']).where('id', 'in', ids).execute(),
  )
  return new Map(rows.map((row) => [row.id, row]))
}

async function localWithoutFile(source: Database, seen: Set<string>) {
  const local = await source.read((db) =>
    db.selectFrom('clips').select(['id', 'state']).where('isHeld', '=', 1).execute(),
  )
  return local.filter(({ id }) => !seen.has(id))
}

/** Runs `work` on a few of `items` at a time. @throws the first failure, once nothing is running any more */
async function eachOf<T>(items: T[], work: (item: T) => Promise<void>) {
  const remaining = [...items]
  const workers = Array.from({ length: AT_ONCE }, async () => {
    try {
      for (let item = remaining.shift(); item !== undefined; item = remaining.shift()) await work(item)
    } catch (error) {
      // The other workers finish what they have begun, and begin nothing more.
      remaining.length = 0
      throw error
    }
  })
  await Promise.allSettled(workers)
  await Promise.all(workers)
}

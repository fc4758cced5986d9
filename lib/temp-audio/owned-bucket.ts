import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Clock } from '#lib/platform/clock.ts'
import { markedError } from '#lib/platform/errors.ts'
import type { Bucket } from './bucket.ts'
import { unlessStalled } from './stall-limit.ts'

/** The object that says whose the bucket is. It stands where our key may write, and is no clip. */
const OWNER_OBJECT = 'voicepin-owner'
/** How many of the clips in a bucket that nobody owns yet the catalog is asked for. */
const SOME = 500
/** How long a refusal holds before the bucket is asked again. */
const REFUSED_MS = 30_000

/** Who uses the bucket: one catalog, on however many machines. */
export interface Owner {
  /** The name of the catalog. */
  id(): Promise<string>
  /** How many of these clips the catalog knows. */
  countKnown(ids: string[]): Promise<number>
}

/** The bucket is that of another catalog: this one would publish its clips, and delete them. */
export class ForeignBucketError extends markedError('ForeignBucketError') {}

/**
 * The same bucket called `name`, which is used only where it is that of `owner`: that is proven once, before the first
 * use. A bucket that nobody owns yet becomes the owner's where it is empty or has a clip that the owner knows.
 *
 * Every method throws ForeignBucketError where the bucket is another one's, and what `owner` throws.
 */
export function ownedBucket(
  bucket: Bucket,
  { name, owner, clock }: { name: string; owner: Owner; clock: Clock },
): Bucket {
  let proof: Promise<void> | undefined

  async function prove() {
    const id = await owner.id()
    const refuse = (why: string): never => {
      throw new ForeignBucketError(
        `The bucket "${name}" ${why}: take one that nobody else uses. Where it is to be this catalog's all the same, write the text ${id} into its object audio/${OWNER_OBJECT}`,
      )
    }
    const readOwner = async () => {
      const body = await bucket.open(OWNER_OBJECT)
      return body && (await text(unlessStalled(body, clock))).trim()
    }
    const found = await readOwner()
    if (found === id) return
    if (found !== null) refuse('belongs to another catalog')
    const ids = await someIds(bucket)
    if (ids.length > 0 && (await owner.countKnown(ids)) === 0) {
      refuse(`has clips, and this catalog knows none of the first ${ids.length}`)
    }
    await bucket.upload(OWNER_OBJECT, Readable.from([Buffer.from(id)]), Buffer.byteLength(id))
    if ((await readOwner()) !== id) refuse('was taken by another catalog at this moment')
  }

  function proven(): Promise<void> {
    if (proof) return proof
    const current = prove()
    const forget = () => {
      if (proof === current) proof = undefined
    }
    current.catch((error: unknown) => {
      if (ForeignBucketError.isInstance(error)) setTimeout(forget, REFUSED_MS).unref()
      else forget()
    })
    proof = current
    return current
  }

  return {
    upload: (...args) => proven().then(() => bucket.upload(...args)),
    open: (...args) => proven().then(() => bucket.open(...args)),
    delete: (id) => proven().then(() => bucket.delete(id)),
    async *list(options) {
      await proven()
      yield* bucket.list(options)
    },
    sign: (...args) => proven().then(() => bucket.sign(...args)),
    close: () => bucket.close(),
  }
}

async function someIds(bucket: Bucket): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of bucket.list()) {
    ids.push(id)
    if (ids.length === SOME) break
  }
  return ids
}

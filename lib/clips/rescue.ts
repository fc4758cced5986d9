import type { NewClip } from '#lib/catalog/clips.ts'
import type { Services } from '#lib/context.ts'
import type { ChainResult } from '#lib/ipfs/chain/chain.ts'
import type { Clip } from '#lib/model/clip.ts'
import type { ServiceError } from '#lib/model/errors.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { describeError } from '#lib/platform/errors.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import type { FailedPut } from '#lib/temp-audio/store.ts'
import { freeDiskSpace } from './byte-budget.ts'
import { ensureRecord } from './ensure-record.ts'
import { keepingLease } from './heartbeat.ts'
import { recordStaged } from './record-staged.ts'
import type { StagedAudio } from './staged-audio.ts'

const FIRST_DELAY_MS = 1000
const MAX_DELAY_MS = 30_000
/** How much audio may wait in memory, of all clips together. */
const MAX_BYTES = 64 * MEBIBYTE

/** A clip that was paid for and that neither IPFS nor the temporary store with its record has taken yet. */
export interface Rescue {
  /** Tries once more to make it durable and to record it. `undefined` where that is not possible now. */
  secure(): Promise<Clip | undefined>
  /**
   * Goes on trying in the background until it is safe. `false` where that would take too much memory. A shutdown waits:
   * for bytes in memory until its grace time is over, for those on this machine for one more attempt.
   */
  begin(options: Begin): boolean
  /** Deletes what is left of bytes that are somewhere else now. */
  discard(): Promise<void>
}

interface Begin {
  /** What callers who ask for it meanwhile are answered. */
  error: ServiceError
  /** Uploads it to IPFS by whatever provider there is. @throws what kept it from that */
  upload: (audio: Blob) => Promise<ChainResult>
  /** Records that a provider has it. `false` where the catalog fails. */
  settle: (stored: ChainResult) => Promise<boolean>
}

export function createRescue(services: Services, newClip: NewClip, staged: StagedAudio): Rescue {
  const { catalog, clock, inFlight, leaseOwner, store, tasks } = services
  const { id } = newClip
  const log = services.log.child({ requestId: newClip.requestId, clipId: id })
  /** `undefined` once the store has the bytes. */
  let failedPut: FailedPut | undefined = staged.failedPut

  async function makeDurable(): Promise<boolean> {
    if (!failedPut || failedPut.keep) return true
    if (!failedPut.rescued) return false
    await freeDiskSpace(services, staged.sizeBytes)
    const again = await store.put(id, chunksOf(failedPut.rescued))
    if (!again || (again.status === 'failed' && !again.rescued)) return false
    await failedPut.discard().catch(() => {})
    failedPut = again.status === 'failed' ? again : undefined
    return !failedPut
  }

  async function record(): Promise<Clip | undefined> {
    await ensureRecord(services, newClip)
    const clip = await recordStaged(services, newClip, staged)
    if (!clip) return undefined
    failedPut?.keep?.()
    // A lease that cannot be released now runs out.
    await catalog.queue.release(leaseOwner, id).catch(() => {})
    return clip
  }

  const secure = () =>
    makeDurable()
      .then((isDurable) => (isDurable ? record() : undefined))
      .catch((error: unknown) => {
        log.error({ error: services.scrub(describeError(error)) }, 'A clip could not be saved yet')
        return undefined
      })

  /** What a crash would lose. */
  const inMemory = () => (failedPut?.keep ? undefined : failedPut?.rescued)

  /** Waits before the next attempt, which a shutdown hastens. */
  async function pause(delayMs: number) {
    if (tasks.stopping.aborted) return clock.sleep(FIRST_DELAY_MS, tasks.signal)
    const end = AbortSignal.any([tasks.stopping, tasks.signal])
    await clock.sleep(delayMs, end).catch(() => tasks.signal.throwIfAborted())
  }

  async function keepTrying({ upload, settle }: Begin) {
    let stored: ChainResult | undefined
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      await pause(delayMs)
      const isLast = tasks.stopping.aborted
      if (!stored && (await secure())) break
      // What is on the disk is found again at the next start; what is in memory must go somewhere.
      const audio = inMemory()
      if (audio) stored ??= await upload(audio).catch(() => undefined)
      if (
        stored &&
        (await ensureRecord(services, newClip)
          .then(() => settle(stored as ChainResult))
          .catch(() => false))
      )
        break
      if (isLast && !inMemory()) throw new Error('The service is shutting down')
    }
    if (stored) await failedPut?.discard()
    log.info('A clip was saved that could be kept nowhere at first')
  }

  return {
    secure,
    begin(options) {
      const sizeBytes = failedPut ? staged.sizeBytes : 0
      const heldBytes = [...inFlight.rescues.values()].reduce((sum, rescue) => sum + rescue.sizeBytes, 0)
      if (failedPut && (!failedPut.rescued || heldBytes + sizeBytes > MAX_BYTES)) return false
      const ended = keepingLease(services, { clipId: id }, () => keepTrying(options))
        .catch((reason: unknown) => {
          const message = inMemory() ? 'A clip is lost with this process' : 'A clip waits for the next start'
          log.error({ error: describeError(reason), bytes: staged.sizeBytes }, message)
        })
        .finally(() => {
          tasks.stopping.removeEventListener('abort', hold)
          inFlight.rescues.delete(id)
        })
      const hold = () => void tasks.track(ended)
      if (tasks.stopping.aborted) hold()
      else tasks.stopping.addEventListener('abort', hold, { once: true })
      inFlight.rescues.set(id, { sizeBytes, error: options.error, ended })
      return true
    },
    discard: async () => failedPut?.discard(),
  }
}

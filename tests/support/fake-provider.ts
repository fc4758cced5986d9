import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { GatewayError } from '#lib/ipfs/blocks/fetch-content.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { ProviderError } from '#lib/model/errors.ts'

/**
 * What a fake provider does with an upload:
 *
 * - `store`: stores it
 * - `lose_answer`: stores it, but the answer is lost
 * - `hang`: never answers, even when its signal aborts; `hang_after_storing` has stored it by then
 * - an error: throws it
 * - a function: runs it
 */
export type UploadBehaviour =
  | 'store'
  | 'lose_answer'
  | 'hang'
  | 'hang_after_storing'
  | Error
  | ((content: IpfsContent, signal: AbortSignal) => Promise<{ cid: string }>)

/** The same for a lookup; `answer` answers correctly. */
export type LookupBehaviour = 'answer' | 'cannot_tell' | 'hang' | Error

/** The same for its gateway: `answer` delivers what was taken; a number is the status of every answer. */
export type GatewayBehaviour = 'answer' | 'hang' | 'refuse' | number

export const unavailable = (retryAfterMs?: number) =>
  new ProviderError('Answered 503 Service Unavailable', { isRetryable: true, retryAfterMs, statusCode: 503 })
export const refused = () =>
  new ProviderError('Answered 401 Unauthorized', { isRetryable: false, statusCode: 401 })
export const unreachable = () =>
  new ProviderError('Connection failed: connect ECONNREFUSED', { isRetryable: true, isUnreachable: true })
export const answerLost = () =>
  new ProviderError('Connection failed: socket hang up', { isRetryable: true, mayHaveStored: true })

/** A provider in memory that fails as configured, and records what it was sent. */
export class FakeProvider implements IpfsProvider {
  readonly gatewayUrl: string
  /** How often each CID was taken. */
  readonly taken = new Map<string, number>()
  /** The CIDs that were taken once more although a lookup would have told that they were there. */
  readonly #doubled = new Set<string>()
  readonly uploads: string[] = []
  readonly lookups: string[] = []
  /** How many uploads were under way at once, at most; for one CID, too. */
  busiest = 0
  busiestOnOne = 0
  uploading: UploadBehaviour = 'store'
  looking: LookupBehaviour = 'answer'
  delivering: GatewayBehaviour = 'answer'
  unpinning: 'unpin' | 'cannot' | Error = 'unpin'
  /** What it was asked to unpin. */
  readonly unpins: string[] = []
  /** What its gateway was asked for. */
  readonly reads: string[] = []
  readonly name: string
  readonly isLocal: boolean
  readonly #next: UploadBehaviour[] = []
  readonly #running: string[] = []

  constructor(name = 'pinata') {
    this.name = name
    this.isLocal = name === 'embedded'
    this.gatewayUrl = `https://${name}.test`
  }

  /** What the next uploads meet, before the standing behaviour has its turn again. */
  next(...behaviours: UploadBehaviour[]): this {
    this.#next.push(...behaviours)
    return this
  }

  /** Behaves like this from now on. */
  always(uploading: UploadBehaviour, looking: LookupBehaviour = this.looking): this {
    this.#next.length = 0
    this.uploading = uploading
    this.looking = looking
    return this
  }

  /** How many clips it was given once more although it answered lookups truthfully. */
  get doubles(): number {
    return this.#doubled.size
  }

  async upload(content: IpfsContent, { signal }: { signal: AbortSignal }): Promise<{ cid: string }> {
    this.uploads.push(content.cid)
    this.#running.push(content.cid)
    this.busiest = Math.max(this.busiest, this.#running.length)
    const onSame = this.#running.filter((cid) => cid === content.cid)
    this.busiestOnOne = Math.max(this.busiestOnOne, onSame.length)
    try {
      return await this.#behave(this.#next.shift() ?? this.uploading, content, signal)
    } finally {
      this.#running.splice(this.#running.indexOf(content.cid), 1)
    }
  }

  async holds(cid: string): Promise<boolean | undefined> {
    this.lookups.push(cid)
    if (this.looking === 'hang') return new Promise(() => {})
    if (this.looking === 'cannot_tell') return undefined
    if (this.looking instanceof Error) throw this.looking
    return this.taken.has(cid)
  }

  async unpin(cid: string): Promise<true | undefined> {
    this.unpins.push(cid)
    if (this.unpinning instanceof Error) throw this.unpinning
    if (this.unpinning === 'cannot') return undefined
    this.taken.delete(cid)
    return true
  }

  /** Delivers `cid` through its gateway. */
  async deliver(cid: string, signal: AbortSignal): Promise<void> {
    this.reads.push(cid)
    if (this.delivering === 'hang') {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    if (this.delivering === 'refuse') throw new Error('connect ECONNREFUSED')
    if (typeof this.delivering === 'number') throw new GatewayError(this.delivering)
    if (!this.taken.has(cid)) throw new GatewayError(404)
  }

  async #behave(behaviour: UploadBehaviour, content: IpfsContent, signal: AbortSignal) {
    if (behaviour instanceof Error) throw behaviour
    if (typeof behaviour === 'function') return behaviour(content, signal)
    if (behaviour !== 'hang') this.take(content.cid)
    if (behaviour === 'store') return { cid: content.cid }
    if (behaviour === 'lose_answer') throw answerLost()
    return new Promise<never>(() => {})
  }

  take(cid: string) {
    if (this.taken.has(cid) && this.looking === 'answer') this.#doubled.add(cid)
    this.taken.set(cid, (this.taken.get(cid) ?? 0) + 1)
  }
}

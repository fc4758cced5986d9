import type { Endpoint } from './vendor.ts'

interface Scope {
  /** Which requests it hits: by default the vendor's main work, uploads and speech. */
  scope?: 'main' | 'all' | Endpoint
}

/**
 * What goes wrong with one request.
 *
 * - `refused`: standing, the listener is closed; for one request, the connection is cut at once
 * - `reset-before-body`, `reset-mid-body`: the connection is cut while the request is on its way
 * - `reset-after-storing`: the work is done, the answer is lost
 * - `reset-mid-answer`: the work is done, the answer breaks off (for speech: the stream breaks)
 * - `hang`, `hang-after-storing`: no answer ever
 * - `slow-drip`: the work is done, the answer comes byte by byte
 * - `late`: a right answer, after `delayMs`
 * - `status`: an error in the vendor's shape, before any work
 * - `empty-body`, `html`, `json`: status 200 and no work done
 * - `wrong-cid`: nothing is stored, the answer names another content
 * - `vanish`: nothing is stored, although the answer says so
 * - `cut-without-length`: the answer has neither length nor chunks, so that its end is that of the connection (RFC 9112
 *   §6.3, as through a proxy that speaks HTTP/1.0), and that comes in the middle
 * - `cut-compressed`: the answer is compressed, which the client did not ask for, and its last bytes are missing
 * - `endless`: audio that goes on and on (RFC 9112 sets a chunked body no limit)
 * - `truncated-json`: the work is done, the answer stops in the middle and claims to be whole
 */
export type Fault = Scope &
  (
    | {
        kind:
          | 'refused'
          | 'reset-before-body'
          | 'reset-mid-body'
          | 'reset-after-storing'
          | 'reset-mid-answer'
          | 'hang'
          | 'hang-after-storing'
          | 'empty-body'
          | 'html'
          | 'json'
          | 'wrong-cid'
          | 'vanish'
          | 'truncated-json'
          | 'cut-without-length'
          | 'cut-compressed'
          | 'endless'
      }
    | { kind: 'slow-drip'; pauseMs?: number }
    | { kind: 'late'; delayMs: number }
    | {
        kind: 'status'
        status: number
        code?: string
        retryAfterSeconds?: number
        /** Says `Retry-After` as an HTTP date. */
        isRetryAfterDate?: boolean
        /** Answers before the body has been read, as proxies do. */
        isEarly?: boolean
      }
  )
export type FaultKind = Fault['kind']

/** A behaviour that lasts until it is healed: with `chance`, one of `faults` at random. */
export interface StandingFaults {
  faults: Fault[]
  chance: number
}

export function statusFault(
  status: number,
  options: Omit<Extract<Fault, { kind: 'status' }>, 'kind' | 'status'> = {},
): Fault {
  return { kind: 'status', status, ...options }
}

/** Faults for the next requests, then standing ones. */
export class FaultPlan {
  #queue: Fault[] = []
  #standing: StandingFaults | undefined
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  next(faults: Fault[]): void {
    this.#queue.push(...faults)
  }

  always(standing: StandingFaults): void {
    this.#standing = standing
  }

  heal(): void {
    this.#queue = []
    this.#standing = undefined
  }

  /** Whether nothing but closed doors is planned, at a host that serves `endpoint`. */
  isRefusing(endpoint: Endpoint): boolean {
    const standing = this.#standing
    if (standing?.chance !== 1 || standing.faults.some(({ kind }) => kind !== 'refused')) return false
    // A fault of the main work closes the whole vendor, one of another endpoint the host of that endpoint.
    return standing.faults.some((fault) => (fault.scope ?? 'main') === 'main' || hits(fault, endpoint))
  }

  /** The fault for a request to `endpoint`, taken from the queue if one there fits. */
  pick(endpoint: Endpoint): Fault | undefined {
    const index = this.#queue.findIndex((fault) => hits(fault, endpoint))
    if (index >= 0) return this.#queue.splice(index, 1)[0]
    if (!this.#standing || this.#random() >= this.#standing.chance) return undefined
    const fitting = this.#standing.faults.filter((fault) => hits(fault, endpoint))
    return fitting[Math.floor(this.#random() * fitting.length)]
  }
}

function hits({ scope = 'main' }: Fault, endpoint: Endpoint): boolean {
  if (scope === 'main') return endpoint === 'upload' || endpoint === 'speech'
  return scope === 'all' || scope === endpoint
}

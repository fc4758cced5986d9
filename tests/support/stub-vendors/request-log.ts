import type { IncomingHttpHeaders } from 'node:http'
import type { FaultKind } from './faults.ts'
import type { Endpoint, VendorName } from './vendor.ts'

const MAX_REQUESTS = 20_000

/** One request that reached a vendor. Times are milliseconds since the epoch. */
export interface RecordedRequest {
  sequence: number
  vendor: VendorName
  endpoint: Endpoint | 'unknown'
  method: string
  path: string
  headers: IncomingHttpHeaders
  startedAt: number
  /** Once answered or cut. */
  endedAt?: number
  requestBytes: number
  /** The body, where it is text. */
  body?: string
  /** Of the answer, if there was one. */
  status?: number
  fault?: FaultKind
  /** Of the content that it was about, where the stub knows it. */
  cid?: string
  /** Whether the whole answer went out; missing while the request is under way. */
  isComplete?: boolean
}

export interface RequestFilter {
  vendor?: VendorName
  endpoint?: Endpoint | 'unknown'
  /** Only later requests than this `sequence`. */
  after?: number
}

/** The requests that reached the vendors, oldest first; the oldest are forgotten beyond 20,000. */
export class RequestLog {
  #requests: RecordedRequest[] = []
  #sequence = 0

  add(request: Omit<RecordedRequest, 'sequence'>): RecordedRequest {
    const recorded = { ...request, sequence: ++this.#sequence }
    this.#requests.push(recorded)
    if (this.#requests.length > MAX_REQUESTS) this.#requests.splice(0, MAX_REQUESTS / 2)
    return recorded
  }

  list({ vendor, endpoint, after = 0 }: RequestFilter = {}): RecordedRequest[] {
    return this.#requests.filter(
      (request) =>
        request.sequence > after &&
        (!vendor || request.vendor === vendor) &&
        (!endpoint || request.endpoint === endpoint),
    )
  }

  clear(): void {
    this.#requests = []
  }
}

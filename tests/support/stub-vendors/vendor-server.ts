import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { send, sendFaulty } from './answers.ts'
import type { Fault, FaultPlan } from './faults.ts'
import { Holdings } from './holdings.ts'
import { LocalServer } from './local-server.ts'
import type { RecordedRequest, RequestLog } from './request-log.ts'
import type { Endpoint, Vendor, VendorAnswer, VendorName, VendorRequest } from './vendor.ts'
import { Refusal } from './vendor.ts'

const faultsThatStoreNothing = new Set(['wrong-cid', 'vanish', 'empty-body', 'html', 'json'])

interface VendorServerOptions {
  name: VendorName
  vendor: Vendor
  plan: FaultPlan
  log: RequestLog
  port: number
  /** Of a second host, which serves the same and can be closed by itself: where lists are asked for. */
  listPort?: number | undefined
}

/** One vendor behind a port: plans faults, checks credentials, lets the vendor answer, records everything. */
export class VendorServer {
  readonly holdings = new Holdings()
  readonly plan: FaultPlan
  readonly #name: VendorName
  readonly #vendor: Vendor
  readonly #log: RequestLog
  readonly #server: LocalServer
  readonly #listServer: LocalServer | undefined

  constructor({ name, vendor, plan, log, port, listPort }: VendorServerOptions) {
    this.#name = name
    this.#vendor = vendor
    this.plan = plan
    this.#log = log
    const listener: RequestListener = (request, response) => void this.#handle(request, response)
    this.#server = new LocalServer(listener, port)
    if (listPort !== undefined) this.#listServer = new LocalServer(listener, listPort)
  }

  get url(): string {
    return this.#server.url
  }

  get listUrl(): string {
    return this.#listServer?.url ?? this.url
  }

  /** Opens or closes the door, as the plan has it. */
  async follow(): Promise<void> {
    await (this.plan.isRefusing('upload') ? this.#server.close() : this.#server.open())
    await (this.plan.isRefusing('lookup') ? this.#listServer?.close() : this.#listServer?.open())
  }

  async close(): Promise<void> {
    await Promise.all([this.#server.close(), this.#listServer?.close()])
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    const url = new URL(request.url ?? '/', this.url)
    const method = request.method ?? 'GET'
    const endpoint = this.#vendor.endpointOf(method, url.pathname)
    const record = this.#record(request, response, endpoint ?? 'unknown')
    try {
      if (!endpoint) {
        const { pathname } = url
        return await send(response, this.#vendor.unknown?.(method, pathname) ?? this.#vendor.error(404))
      }
      const fault = this.plan.pick(endpoint)
      if (fault) record.fault = fault.kind
      if (await cutsTheRequest(fault, request)) return
      const body = await readBody(request, record, fault)
      const signal = signalOf(response)
      await this.#answer(
        { endpoint, method, url, headers: request.headers, body, signal },
        fault,
        record,
        response,
      )
    } catch {
      socket.destroy()
    }
  }

  async #answer(
    request: VendorRequest,
    fault: Fault | undefined,
    record: RecordedRequest,
    response: ServerResponse,
  ): Promise<void> {
    if (fault?.kind === 'hang' || fault?.kind === 'status') {
      const wanted = await this.#vendor.answer(request, new Holdings()).catch(() => undefined)
      if (wanted?.cid) record.cid = wanted.cid
    }
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'status')
      return sendFaulty(response, this.#vendor.error(fault.status, fault.code), fault)
    const answer = await this.#answerOf(request, fault)
    if (answer.cid) record.cid = answer.cid
    if (fault && answer.status < 300) await sendFaulty(response, answer, fault)
    else await send(response, answer)
  }

  async #answerOf(request: VendorRequest, fault: Fault | undefined): Promise<VendorAnswer> {
    if (request.endpoint !== 'gateway' && !this.#vendor.isAuthorized(request.headers))
      return this.#vendor.error(this.#vendor.unauthorizedStatus ?? 401)
    const isLookup = request.endpoint !== 'upload'
    const holdings =
      fault && !isLookup && faultsThatStoreNothing.has(fault.kind) ? new Holdings() : this.holdings
    try {
      return await this.#vendor.answer(request, holdings)
    } catch (error) {
      if (error instanceof Refusal) return this.#vendor.error(error.status, error.message)
      throw error
    }
  }

  #record(
    request: IncomingMessage,
    response: ServerResponse,
    endpoint: Endpoint | 'unknown',
  ): RecordedRequest {
    const record = this.#log.add({
      vendor: this.#name,
      endpoint,
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: request.headers,
      startedAt: Date.now(),
      requestBytes: 0,
    })
    response.on('close', () => {
      record.endedAt = Date.now()
      if (response.headersSent) record.status = response.statusCode
      record.isComplete = response.writableFinished
    })
    return record
  }
}

/** Cuts the connection if the fault does so before the whole request is here. */
async function cutsTheRequest(fault: Fault | undefined, request: IncomingMessage): Promise<boolean> {
  if (fault?.kind === 'refused' || fault?.kind === 'reset-before-body') {
    request.socket.resetAndDestroy()
    return true
  }
  if (fault?.kind !== 'reset-mid-body') return false
  const { socket } = request
  await Promise.race([once(request, 'data'), once(request, 'end')])
  socket.resetAndDestroy()
  return true
}

async function readBody(
  request: IncomingMessage,
  record: RecordedRequest,
  fault: Fault | undefined,
): Promise<Buffer> {
  if (fault?.kind === 'status' && fault.isEarly) return Buffer.alloc(0)
  const chunks: Buffer[] = []
  for await (const chunk of request) {
    chunks.push(chunk)
    record.requestBytes += chunk.length
  }
  const body = Buffer.concat(chunks)
  if (record.endpoint === 'speech') record.body = body.toString()
  return body
}

function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => controller.abort())
  return controller.signal
}

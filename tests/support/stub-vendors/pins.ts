import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { CID } from 'multiformats/cid'
import { readCar } from './content.ts'
import type { Holdings } from './holdings.ts'
import type { Vendor, VendorRequest } from './vendor.ts'
import { fileOf, formOf, gatewayAnswer, json, Refusal } from './vendor.ts'

interface PinsOptions {
  isAuthorized: (headers: IncomingHttpHeaders) => boolean
  /** Whether it also imports CARs, as Fula does. */
  importsCars: boolean
  /** Content by its CID, wherever in the network it is. */
  find: (cid: string) => Uint8Array | undefined
}

interface PinRequest {
  requestid: string
  created: string
  pin: { cid: string; name?: string; origins?: string[]; meta?: Record<string, string> }
}

/**
 * The IPFS Pinning Service API, by its specification (https://ipfs.github.io/pinning-services-api-spec/): a pin is `queued`
 * until somebody in the network has the content. The same CID pinned twice is two requests, which the specification says
 * in so many words. Errors are `{error: {reason, details}}`.
 */
export function createPins({ isAuthorized, importsCars, find }: PinsOptions): Vendor {
  const requests: PinRequest[] = []

  function statusOf(request: PinRequest, holdings: Holdings) {
    const { cid } = request.pin
    const found = holdings.has(cid) ? undefined : find(cid)
    if (found) holdings.accept(cid, found)
    const status = holdings.has(cid) ? 'pinned' : 'queued'
    return { ...request, status, delegates: ['/dns4/node.test/tcp/4001/p2p/QmDelegate'], info: {} }
  }

  function add(pin: PinRequest['pin']): PinRequest {
    const request = { requestid: randomUUID(), created: new Date().toISOString(), pin }
    requests.push(request)
    return request
  }

  return {
    endpointOf(method, path) {
      if (method === 'POST' && path === '/pins') return 'upload'
      if (importsCars && method === 'POST' && path === '/pins/import/car') return 'upload'
      if (method === 'GET' && path === '/pins') return 'lookup'
      if (method === 'DELETE' && path.startsWith('/pins/')) return 'unpin'
      if (/^(GET|HEAD)$/.test(method) && path.startsWith('/ipfs/')) return 'gateway'
      return undefined
    },
    isAuthorized,
    reset: () => requests.splice(0),
    async answer(request, holdings) {
      if (request.endpoint === 'gateway') return gatewayAnswer(request, holdings)
      if (request.endpoint === 'lookup') return list(request)
      if (request.endpoint === 'unpin') return remove(request)
      if (request.url.pathname === '/pins/import/car') return importCar(request)
      const pin = add(pinOf(request))
      return json(202, statusOf(pin, holdings), pin.pin.cid)

      /** "202 Accepted", without a body: https://ipfs.github.io/pinning-services-api-spec/#operation/deletePin */
      function remove({ url }: VendorRequest) {
        const id = url.pathname.slice('/pins/'.length)
        const index = requests.findIndex(({ requestid }) => requestid === id)
        const [removed] = index === -1 ? [] : requests.splice(index, 1)
        if (!removed) throw new Refusal(404, 'The specified resource was not found')
        const { cid } = removed.pin
        if (!requests.some(({ pin }) => pin.cid === cid)) holdings.lose(cid)
        return { status: 202, body: '', cid }
      }

      function list({ url }: VendorRequest) {
        const cids = url.searchParams.get('cid')?.split(',')
        // "when missing, service should default to pinned only"
        const statuses = (url.searchParams.get('status') ?? 'pinned').split(',')
        const results = requests
          .filter(({ pin }) => !cids || cids.includes(pin.cid))
          .map((each) => statusOf(each, holdings))
          .filter(({ status }) => statuses.includes(status))
        return json(200, { count: results.length, results: results.slice(0, 10) }, cids?.[0])
      }

      /**
       * Answers 202 and `queued`; a root that is there already gives the existing pin; 400 for what is no whole CAR with one
       * root: https://docs.fx.land/pinning-service/ipfs-pinning-service-api (Importing a DAG).
       */
      async function importCar(upload: VendorRequest) {
        const form = await formOf(upload)
        const { cid, bytes } = await readCar(await fileOf(form, 'file'))
        const known = requests.find(({ pin }) => pin.cid === cid)
        const pin = known ?? add({ cid, name: String(form.get('name') ?? '') })
        const answer = json(202, { ...statusOf(pin, holdings), status: 'queued' }, cid)
        holdings.accept(cid, bytes)
        return answer
      }
    },
    error: (status, reason) =>
      json(status, {
        error: { reason: reasons[status] ?? 'SERVICE_ERROR', details: reason ?? `HTTP ${status}` },
      }),
  }
}

/** 409 is "Insufficient funds" in the specification; 402 is what Fula says for it. */
const reasons: Record<number, string> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  402: 'INSUFFICIENT_CREDIT',
  404: 'NOT_FOUND',
  409: 'INSUFFICIENT_FUNDS',
  500: 'INTERNAL_SERVER_ERROR',
}

/** The Pin object: `cid`, `name` of at most 255 characters, at most 20 distinct `origins`, `meta` of strings. */
function pinOf(request: VendorRequest): PinRequest['pin'] {
  try {
    const pin = JSON.parse(request.body.toString()) as PinRequest['pin']
    CID.parse(pin.cid)
    const { name = '', origins = [], meta = {} } = pin
    const isRight =
      name.length <= 255 &&
      origins.length <= 20 &&
      new Set(origins).size === origins.length &&
      origins.every((origin) => origin.startsWith('/')) &&
      Object.values(meta).every((value) => typeof value === 'string')
    if (isRight) return pin
  } catch {}
  throw new Refusal(400, 'no Pin object')
}

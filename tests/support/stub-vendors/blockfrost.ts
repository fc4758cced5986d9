import { CID } from 'multiformats/cid'
import { credentials } from './credentials.ts'
import type { Vendor } from './vendor.ts'
import { gatewayAnswer, json, Refusal } from './vendor.ts'

/** "We allow maximum of 100 queued pins per IPFS user": https://blockfrost.dev/start-building */
const MAX_QUEUED = 100

/**
 * Blockfrost's pins: https://blockfrost.dev/api/pin-an-object and
 * https://blockfrost.dev/api/get-details-about-pinned-object. A pin is `queued` until the object is retrieved, which
 * `find` does wherever in the network it is.
 */
export function createBlockfrost(find: (cid: string) => Uint8Array | undefined): Vendor {
  const queued = new Set<string>()
  return {
    endpointOf(method, path) {
      if (method === 'POST' && path.startsWith('/ipfs/pin/add/')) return 'upload'
      if (method === 'GET' && path.startsWith('/ipfs/pin/list/')) return 'lookup'
      if (method === 'POST' && path.startsWith('/ipfs/pin/remove/')) return 'unpin'
      if (/^(GET|HEAD)$/.test(method) && path.startsWith('/ipfs/')) return 'gateway'
      return undefined
    },
    reset: () => queued.clear(),
    // "Authentication secret is missing or invalid"
    unauthorizedStatus: 403,
    isAuthorized: (headers) => headers.project_id === credentials.blockfrostProjectId,
    async answer(request, holdings) {
      if (request.endpoint === 'gateway') return gatewayAnswer(request, holdings)
      const cid = request.url.pathname.split('/').at(-1) ?? ''
      if (request.endpoint === 'unpin') {
        // https://blockfrost.dev/api/remove-a-ipfs-pin
        if (!holdings.has(cid) && !queued.delete(cid)) throw new Refusal(404, notFound)
        holdings.lose(cid)
        return json(200, { ipfs_hash: cid, state: 'unpinned' }, cid)
      }
      const found = queued.has(cid) ? find(cid) : undefined
      if (found) {
        holdings.accept(cid, found)
        queued.delete(cid)
      }
      const state = holdings.has(cid) ? 'pinned' : 'queued'
      if (request.endpoint === 'lookup') {
        if (!holdings.has(cid) && !queued.has(cid)) throw new Refusal(404, notFound)
        const time = Math.floor(Date.now() / 1000)
        return json(200, { time_created: time, time_pinned: time, ipfs_hash: cid, size: '1', state }, cid)
      }
      try {
        CID.parse(cid)
      } catch {
        throw new Refusal(400, 'Backend did not understand your request.')
      }
      if (queued.size >= MAX_QUEUED) throw new Refusal(425, 'Pin queue is full.')
      // Retrieval begins with the request, so the first answer is `queued` wherever the object is.
      if (state === 'queued') queued.add(cid)
      return json(200, { ipfs_hash: cid, state }, cid)
    },
    error: (status, reason) =>
      json(status, {
        status_code: status,
        error: errors[status] ?? 'Error',
        message: reason ?? messages[status] ?? `HTTP ${status}`,
      }),
  }
}

const notFound = 'The requested component has not been found.'
const errors: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  418: 'Requested Banned',
}
const messages: Record<number, string> = {
  403: 'Invalid project token.',
  404: notFound,
  418: 'IP has been auto-banned for flooding.',
}

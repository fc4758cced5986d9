import { readCar } from './content.ts'
import { credentials } from './credentials.ts'
import type { Vendor } from './vendor.ts'
import { gatewayAnswer, json, Refusal } from './vendor.ts'

/** A service that speaks Web3.Storage's wire call: `POST /car`, `GET /status/<cid>`. */
export function createWeb3Storage(): Vendor {
  return {
    endpointOf(method, path) {
      if (method === 'POST' && path === '/car') return 'upload'
      if (method === 'GET' && path.startsWith('/status/')) return 'lookup'
      if (/^(GET|HEAD)$/.test(method) && path.startsWith('/ipfs/')) return 'gateway'
      return undefined
    },
    isAuthorized: (headers) => headers.authorization === `Bearer ${credentials.web3StorageToken}`,
    async answer(request, holdings) {
      if (request.endpoint === 'gateway') return gatewayAnswer(request, holdings)
      if (request.endpoint === 'lookup') {
        const cid = request.url.pathname.slice('/status/'.length)
        const bytes = holdings.read(cid)
        if (!bytes) throw new Refusal(404, 'Content not found')
        return json(200, { cid, dagSize: bytes.length, pins: [{ status: 'Pinned' }], deals: [] }, cid)
      }
      if (request.headers['content-type'] !== 'application/vnd.ipld.car') {
        throw new Refusal(400, 'the body must be a CAR')
      }
      decodeURIComponent(String(request.headers['x-name'] ?? ''))
      const content = await readCar(request.body)
      holdings.accept(content.cid, content.bytes)
      return json(200, { cid: content.cid, carCid: content.cid }, content.cid)
    },
    error: (status, reason) =>
      json(status, {
        name: status === 401 ? 'ERROR_UNAUTHORIZED' : 'HTTP_ERROR',
        message: reason ?? `HTTP ${status}`,
      }),
  }
}

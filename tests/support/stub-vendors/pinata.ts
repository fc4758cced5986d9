import { randomUUID } from 'node:crypto'
import { importFile, readCar } from './content.ts'
import { credentials } from './credentials.ts'
import type { Holdings } from './holdings.ts'
import type { Vendor, VendorRequest } from './vendor.ts'
import { fileOf, formOf, gatewayAnswer, json, Refusal } from './vendor.ts'

// Larger than this Pinata wants TUS uploads.
const MAX_UPLOAD_BYTES = 94_371_840
const CLASSIC_CHUNK_BYTES = 256 * 1024

/** Pinata: uploads and listing of API v3, the classic pin endpoint, its gateway. */
export function createPinata(): Vendor {
  return {
    endpointOf(method, path) {
      if (method === 'POST' && /^\/(v3\/files|pinning\/pinFileToIPFS)$/.test(path)) return 'upload'
      if (method === 'GET' && /^\/(v3\/files\/public|data\/pinList)$/.test(path)) return 'lookup'
      if (/^(GET|HEAD)$/.test(method) && path.startsWith('/ipfs/')) return 'gateway'
      return undefined
    },
    isAuthorized: (headers) =>
      headers.authorization === `Bearer ${credentials.pinataJwt}` ||
      (headers.pinata_api_key === credentials.pinataApiKey &&
        headers.pinata_secret_api_key === credentials.pinataApiSecret),
    async answer(request, holdings) {
      switch (request.url.pathname) {
        case '/v3/files':
          return uploadV3(request, holdings)
        case '/pinning/pinFileToIPFS':
          return pinClassic(request, holdings)
        case '/v3/files/public':
          return listV3(request, holdings)
        case '/data/pinList':
          return listClassic(request, holdings)
        default:
          return gatewayAnswer(request, holdings)
      }
    },
    error: (status, reason) =>
      json(status, { error: { code: status, message: reason ?? reasons[status] ?? `HTTP ${status}` } }),
  }
}

const reasons: Record<number, string> = {
  400: 'Bad request',
  401: 'Not Authorized',
  403: 'Forbidden: account blocked due to plan usage limit',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

async function uploadV3(request: VendorRequest, holdings: Holdings) {
  if (request.body.length > MAX_UPLOAD_BYTES) throw new Refusal(413, 'too large')
  if (!request.headers.authorization) throw new Refusal(401, 'v3 takes a JWT only')
  const form = await formOf(request)
  if (form.get('network') !== 'public') throw new Refusal(400, 'the file would be private')
  const keyValues = form.get('keyvalues')
  if (typeof keyValues === 'string') JSON.parse(keyValues)
  const file = await fileOf(form, 'file')
  const content = form.get('car') === 'true' ? await readCar(file) : await importFile(file, 1024 ** 2)
  const isDuplicate = holdings.has(content.cid)
  holdings.accept(content.cid, content.bytes)
  const data = {
    id: randomUUID(),
    name: form.get('name') ?? 'File',
    cid: content.cid,
    size: content.bytes.length,
    created_at: new Date().toISOString(),
    number_of_files: 1,
    mime_type: 'audio/mpeg',
    group_id: null,
    ...(isDuplicate && { is_duplicate: true }),
  }
  return json(200, { data }, content.cid)
}

async function pinClassic(request: VendorRequest, holdings: Holdings) {
  const form = await formOf(request)
  const options = JSON.parse(String(form.get('pinataOptions') ?? '{}'))
  if (options.cidVersion !== 1) throw new Refusal(400, 'this stub makes CIDs of version 1 only')
  const content = await importFile(await fileOf(form, 'file'), CLASSIC_CHUNK_BYTES)
  const isDuplicate = holdings.has(content.cid)
  holdings.accept(content.cid, content.bytes)
  const answer = {
    IpfsHash: content.cid,
    PinSize: content.bytes.length,
    Timestamp: new Date().toISOString(),
    ...(isDuplicate && { isDuplicate: true }),
  }
  return json(200, answer, content.cid)
}

function listV3(request: VendorRequest, holdings: Holdings) {
  const cid = request.url.searchParams.get('cid') ?? ''
  const bytes = holdings.read(cid)
  const files = bytes ? [{ id: randomUUID(), name: 'File', cid, size: bytes.length, number_of_files: 1 }] : []
  return json(200, { data: { files, next_page_token: '' } }, cid)
}

function listClassic(request: VendorRequest, holdings: Holdings) {
  const cid = request.url.searchParams.get('hashContains') ?? ''
  const rows = holdings
    .list()
    .filter((holding) => holding.cid.includes(cid))
    .map((holding) => ({ id: randomUUID(), ipfs_pin_hash: holding.cid, size: holding.sizeBytes }))
  return json(200, { count: rows.length, rows }, cid)
}

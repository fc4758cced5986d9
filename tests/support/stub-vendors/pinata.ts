import { randomUUID } from 'node:crypto'
import { importFile, readCar } from './content.ts'
import { credentials } from './credentials.ts'
import type { Holdings } from './holdings.ts'
import { MinuteLimit } from './minute-limit.ts'
import type { PinataPlan } from './pinata-plan.ts'
import type { Vendor, VendorAnswer, VendorRequest } from './vendor.ts'
import { fileOf, formOf, gatewayAnswer, json, Refusal } from './vendor.ts'

// Larger than this Pinata wants TUS uploads: https://docs.pinata.cloud/files/uploading-files (Resumable Uploads).
const MAX_UPLOAD_BYTES = 94_371_840
const CHUNK_BYTES = 256 * 1024

/** Pinata: uploads and listing of API v3, the classic pin endpoint, its gateway. Reads `plan` anew at each request. */
export function createPinata(plan: PinataPlan): Vendor {
  const uploadLimit = new MinuteLimit()
  const listLimit = new MinuteLimit()

  function limited({ endpoint }: VendorRequest): VendorAnswer | undefined {
    if (endpoint === 'gateway') return undefined
    const waitSeconds =
      endpoint === 'lookup'
        ? listLimit.take(plan.listRequestsPerMinute)
        : uploadLimit.take(plan.requestsPerMinute)
    if (waitSeconds === 0) return undefined
    const answer = error(429)
    return { ...answer, headers: { ...answer.headers, 'retry-after': String(waitSeconds) } }
  }

  return {
    endpointOf(method, path) {
      if (method === 'POST' && /^\/(v3\/files|pinning\/pinFileToIPFS)$/.test(path)) return 'upload'
      if (method === 'GET' && /^\/(v3\/files\/public|data\/pinList)$/.test(path)) return 'lookup'
      if (method === 'DELETE' && /^\/(v3\/files\/public|pinning\/unpin)\//.test(path)) return 'unpin'
      if (/^(GET|HEAD)$/.test(method) && path.startsWith('/ipfs/')) return 'gateway'
      return undefined
    },
    isAuthorized: (headers) =>
      headers.authorization === `Bearer ${credentials.pinataJwt}` ||
      (headers.pinata_api_key === credentials.pinataApiKey &&
        headers.pinata_secret_api_key === credentials.pinataApiSecret),
    async answer(request, holdings) {
      const refusal = limited(request)
      if (refusal) return refusal
      if (request.endpoint === 'unpin') return unpin(request, holdings, plan)
      switch (request.url.pathname) {
        case '/v3/files':
          return uploadV3(request, holdings, plan)
        case '/pinning/pinFileToIPFS':
          return pinClassic(request, holdings, plan)
        case '/v3/files/public':
          return listV3(request, holdings)
        case '/data/pinList':
          return listClassic(request, holdings)
        default:
          return gatewayAnswer(request, holdings)
      }
    },
    error,
  }
}

const error = (status: number, reason?: string) =>
  json(status, { error: { code: status, message: reason ?? reasons[status] ?? `HTTP ${status}` } })

const reasons: Record<number, string> = {
  400: 'Bad request',
  401: 'Not Authorized',
  403: 'Forbidden',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** The fields of https://docs.pinata.cloud/api-reference/endpoint/upload-a-file, and `cid_version` of Pinata's SDK. */
const v3Fields = ['network', 'file', 'name', 'group_id', 'keyvalues', 'car', 'cid_version']

async function uploadV3(request: VendorRequest, holdings: Holdings, plan: PinataPlan): Promise<VendorAnswer> {
  if (request.body.length > MAX_UPLOAD_BYTES) throw new Refusal(413, 'too large')
  if (!request.headers.authorization) throw new Refusal(401, 'v3 takes a JWT only')
  const form = await formOf(request)
  const foreign = [...form.keys()].find((name) => !v3Fields.includes(name))
  if (foreign) throw new Refusal(400, `unknown field "${foreign}"`)
  // The default is `private`, which no gateway of the public network delivers.
  if (form.get('network') !== 'public') throw new Refusal(400, 'the file would be private')
  const blocked = blockedBy(plan, 'org:files:write', holdings)
  if (blocked) return blocked
  refuseBadKeyValues(form.get('keyvalues'))
  const isCar = form.get('car') === 'true'
  // What the free plan answers is not documented but that it refuses: https://docs.pinata.cloud/files/uploading-files
  if (isCar && !plan.takesCars)
    throw new Refusal(plan.carRefusalStatus, 'CAR uploads are not available on free plans')
  const file = await fileOf(form, 'file')
  const mimeType = isCar ? 'application/vnd.ipld.car' : mediaTypeOf(form)
  const content = isCar ? await readCar(file) : await importFile(file, CHUNK_BYTES)
  const isDuplicate = holdings.has(content.cid)
  const imports = isCar ? plan.imports : 'done'
  // Asked again at each reading, so that content appears once the plan says that imports are done.
  if (imports === 'done') holdings.accept(content.cid, content.bytes)
  else if (imports !== 'failing') holdings.accept(content.cid, content.bytes, () => plan.imports === 'done')
  const data = {
    id: randomUUID(),
    name: form.get('name') ?? 'File',
    cid: imports === 'pending' ? 'pending' : content.cid,
    size: content.bytes.length,
    created_at: new Date().toISOString(),
    number_of_files: 1,
    mime_type: mimeType,
    group_id: null,
    ...(isDuplicate && { is_duplicate: true }),
  }
  return json(200, { data }, content.cid)
}

function refuseBadKeyValues(value: unknown): void {
  try {
    if (value !== null && typeof JSON.parse(String(value)) !== 'object') throw new Error('no object')
  } catch {
    throw new Refusal(400, 'keyvalues must be a JSON object')
  }
}

/** "Binary files are only allowed on a case by case basis": https://docs.pinata.cloud/account-management/limits */
function mediaTypeOf(form: FormData): string {
  const file = form.get('file')
  const type = file instanceof Blob ? file.type : ''
  if (type === '' || type === 'application/octet-stream')
    throw new Refusal(400, 'binary files are only allowed on a case by case basis')
  return type
}

/**
 * Why this key or this account may not upload, in the words that the live API has for it: a real key without the scope
 * gets 403 NO_SCOPES_FOUND, although `testAuthentication` passes, and an account over its plan is blocked. Pinata looks
 * at both before it looks at the body. Measured by others, among them
 * https://github.com/InsightSoftwareConsortium/ITK/pull/6111 (which scopes a key needs).
 */
function blockedBy(plan: PinataPlan, scope: string, holdings: Holdings): VendorAnswer | undefined {
  if (!plan.scopes.includes(scope)) {
    const details = 'This key does not have the required scopes associated with it'
    return json(403, { error: { reason: 'NO_SCOPES_FOUND', details } })
  }
  if (holdings.list().length < plan.maxFiles) return undefined
  return json(403, { error: { reason: 'FORBIDDEN', details: 'Account blocked due to plan usage limit' } })
}

/** https://docs.pinata.cloud/api-reference/endpoint/ipfs/pin-file-to-ipfs */
async function pinClassic(request: VendorRequest, holdings: Holdings, plan: PinataPlan) {
  const form = await formOf(request)
  const blocked = blockedBy(plan, 'pinFileToIPFS', holdings)
  if (blocked) return blocked
  const options = JSON.parse(String(form.get('pinataOptions') ?? '{}'))
  if (options.cidVersion !== 1) throw new Refusal(400, 'this stub makes CIDs of version 1 only')
  const content = await importFile(await fileOf(form, 'file'), CHUNK_BYTES)
  mediaTypeOf(form)
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

/**
 * https://docs.pinata.cloud/api-reference/endpoint/delete-file-by-id and
 * https://docs.pinata.cloud/api-reference/endpoint/ipfs/unpin-file, both of which need a scope. What the classic one answers
 * where there is no such pin others have logged: https://github.com/dappnode/DAppNodeSDK/issues/136, and today's words in the
 * tests of several clients.
 */
function unpin(request: VendorRequest, holdings: Holdings, plan: PinataPlan): VendorAnswer {
  const name = request.url.pathname.split('/').at(-1) ?? ''
  const isV3 = request.url.pathname.startsWith('/v3/')
  const scope = isV3 ? 'org:files:write' : 'unpin'
  if (!plan.scopes.includes(scope)) {
    const details = 'This key does not have the required scopes associated with it'
    return json(403, { error: { reason: 'NO_SCOPES_FOUND', details } })
  }
  const cid = isV3 ? name.replace(/^file-/, '') : name
  if (holdings.has(cid)) {
    holdings.lose(cid)
    return isV3 ? json(200, { data: null }, cid) : { status: 200, body: 'OK', cid }
  }
  if (isV3) return error(404, 'File not found')
  const details = `The current user has not pinned the cid: ${cid}`
  return json(400, { error: { reason: 'CURRENT_USER_HAS_NOT_PINNED_CID', details } }, cid)
}

function listV3(request: VendorRequest, holdings: Holdings) {
  const cid = request.url.searchParams.get('cid') ?? ''
  const bytes = holdings.read(cid)
  const files = bytes
    ? [{ id: `file-${cid}`, name: 'File', cid, size: bytes.length, number_of_files: 1 }]
    : []
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

import type { IncomingHttpHeaders } from 'node:http'
import { importFile, readCar } from './content.ts'
import type { Holdings } from './holdings.ts'
import type { Vendor, VendorRequest } from './vendor.ts'
import { fileOf, formOf, gatewayAnswer, json, Refusal } from './vendor.ts'

interface KuboOptions {
  isAuthorized: (headers: IncomingHttpHeaders) => boolean
  /** Services in front of Kubo may lack it. */
  hasDagImport: boolean
  /** It wraps what `add` answers, and has a list of files in place of `pin/rm`, by whose ids they are deleted. */
  isLighthouse?: boolean
}

/** Kubo's RPC API as far as an uploader needs it: `dag/import`, `add`, `pin/ls`, `pin/rm`, and the gateway beside it. */
export function createKubo({ isAuthorized, hasDagImport, isLighthouse = false }: KuboOptions): Vendor {
  return {
    endpointOf(method, path) {
      if (method === 'POST' && path === '/api/v0/dag/import') return hasDagImport ? 'upload' : undefined
      if (method === 'POST' && path === '/api/v0/add') return 'upload'
      if (method === 'POST' && path === '/api/v0/pin/ls') return 'lookup'
      if (!isLighthouse && method === 'POST' && path === '/api/v0/pin/rm') return 'unpin'
      if (isLighthouse && method === 'GET' && path === '/api/user/files_uploaded') return 'lookup'
      if (isLighthouse && method === 'DELETE' && path === '/api/user/delete_file') return 'unpin'
      if (/^(GET|HEAD)$/.test(method) && path.startsWith('/ipfs/')) return 'gateway'
      return undefined
    },
    isAuthorized,
    // Commands are asked for by POST only, and an unknown one is "404 page not found" as plain text:
    // https://docs.ipfs.tech/reference/kubo/rpc/ (HTTP status codes),
    // https://github.com/ipfs/go-ipfs-cmds/blob/master/http/handler.go
    unknown: (method, path) =>
      path.startsWith('/api/v0/') && method !== 'POST'
        ? { status: 405, headers: { allow: 'OPTIONS, POST' }, body: '405 - Method Not Allowed\n' }
        : { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' },
    async answer(request, holdings) {
      if (request.endpoint === 'gateway') return gatewayAnswer(request, holdings)
      if (request.url.pathname.startsWith('/api/user/')) return lighthouseFiles(request, holdings)
      if (request.endpoint === 'unpin') return pinRm(request, holdings)
      if (request.endpoint === 'lookup') return pinLs(request, holdings)
      const file = await fileOf(await formOf(request), 'file')
      if (request.url.pathname.endsWith('/dag/import')) return dagImport(file, holdings)
      return add(request, file, holdings, isLighthouse)
    },
    error: (status, reason) =>
      status === 401 || status === 403
        ? { status, headers: { 'content-type': 'text/plain' }, body: `${status} - Forbidden\n` }
        : json(status, { Message: reason ?? `HTTP ${status}`, Code: 0, Type: 'error' }),
  }
}

async function dagImport(car: Uint8Array, holdings: Holdings) {
  const content = await readCar(car)
  holdings.accept(content.cid, content.bytes)
  const lines = [
    { Root: { Cid: { '/': content.cid }, PinErrorMsg: '' } },
    { Stats: { BlockCount: 1, BlockBytesCount: content.bytes.length } },
  ]
  return {
    ...json(200, null, content.cid),
    body: `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`,
  }
}

async function add(request: VendorRequest, file: Uint8Array, holdings: Holdings, isWrapped: boolean) {
  const { searchParams } = request.url
  if (searchParams.get('cid-version') !== '1')
    throw new Refusal(400, 'this stub makes CIDs of version 1 only')
  const chunkBytes = Number(searchParams.get('chunker')?.match(/^size-(\d+)$/)?.[1] ?? 256 * 1024)
  const content = await importFile(file, chunkBytes)
  holdings.accept(content.cid, content.bytes)
  const answer = { Name: 'clip.mp3', Hash: content.cid, Size: String(content.bytes.length) }
  return json(200, isWrapped ? { data: answer } : answer, content.cid)
}

/** "not pinned or pinned indirectly": https://github.com/ipfs/boxo/blob/main/pinning/pinner/pin.go (ErrNotPinned) */
function pinRm(request: VendorRequest, holdings: Holdings) {
  const cid = (request.url.searchParams.get('arg') ?? '').replace(/^\/ipfs\//, '')
  if (!holdings.has(cid)) throw new Refusal(500, 'not pinned or pinned indirectly')
  holdings.lose(cid)
  return json(200, { Pins: [cid] }, cid)
}

/**
 * Pages of files, the next of which begins behind the id `lastKey`, and deletion by id:
 * https://docs.lighthouse.storage/how-to/list-files and https://docs.lighthouse.storage/how-to/delete-file
 */
function lighthouseFiles(request: VendorRequest, holdings: Holdings) {
  const { searchParams } = request.url
  const files = holdings.list().map(({ cid }) => ({ id: `file-${cid}`, cid, fileName: 'clip.mp3' }))
  if (request.method === 'GET') {
    const from = files.findIndex(({ id }) => id === searchParams.get('lastKey')) + 1
    return json(200, { fileList: files.slice(from, from + 2), totalFiles: files.length })
  }
  const cid = (searchParams.get('id') ?? '').replace(/^file-/, '')
  if (!holdings.has(cid)) throw new Refusal(404, 'File not found')
  holdings.lose(cid)
  return json(200, { message: 'File deleted successfully' }, cid)
}

function pinLs(request: VendorRequest, holdings: Holdings) {
  const cid = (request.url.searchParams.get('arg') ?? '').replace(/^\/ipfs\//, '')
  if (!holdings.has(cid)) throw new Refusal(500, `path '${cid}' is not pinned`)
  return json(200, { Keys: { [cid]: { Type: 'recursive' } } }, cid)
}

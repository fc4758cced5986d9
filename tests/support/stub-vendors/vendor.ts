import type { IncomingHttpHeaders } from 'node:http'
import type { Holdings } from './holdings.ts'

/** The vendors that are played. */
export const vendorNames = [
  'elevenlabs',
  'pinata',
  'web3storage',
  'infura',
  'filebase',
  'lighthouse',
  'kubo',
  'fula',
  'pinning',
  'blockfrost',
  'openai',
] as const
export type VendorName = (typeof vendorNames)[number]

/** What a request is for. A fault hits the vendor's main work (`upload`, `speech`) unless it says otherwise. */
export type Endpoint = 'upload' | 'speech' | 'lookup' | 'unpin' | 'voices' | 'gateway'

export interface VendorRequest {
  endpoint: Endpoint
  method: string
  url: URL
  headers: IncomingHttpHeaders
  body: Buffer
  /** Aborts when the connection is done with this request, however it ended. */
  signal: AbortSignal
}

export interface VendorAnswer {
  status: number
  headers?: Record<string, string>
  body: string | Uint8Array | AsyncIterable<Uint8Array>
  /** Of the content that the request was about. */
  cid?: string
}

/** How one vendor's API looks from outside. */
export interface Vendor {
  endpointOf(method: string, path: string): Endpoint | undefined
  /** Whether the credentials are right; a gateway needs none. */
  isAuthorized(headers: IncomingHttpHeaders): boolean
  answer(request: VendorRequest, holdings: Holdings): Promise<VendorAnswer>
  /** How it answers a path or method that it does not know; 404 where it is left out. */
  unknown?(method: string, path: string): VendorAnswer
  /** Forgets what it keeps besides its holdings. */
  reset?(): void
  /** The status for wrong credentials, where it is not 401. */
  readonly unauthorizedStatus?: number
  /** An error in the vendor's own shape; `reason` is its code or message. */
  error(status: number, reason?: string): VendorAnswer
}

/** Thrown by a vendor that finds a request wrong: an error answer in its own shape, with `reason` in it. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, reason: string) {
    super(reason)
    this.status = status
  }
}

export function json(status: number, value: unknown, cid?: string): VendorAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(value),
    ...(cid && { cid }),
  }
}

/** The form of a multipart body. */
export async function formOf(request: VendorRequest): Promise<FormData> {
  const contentType = request.headers['content-type'] ?? ''
  try {
    return await new Response(new Uint8Array(request.body), {
      headers: { 'content-type': contentType },
    }).formData()
  } catch (error) {
    throw new Refusal(400, `no form: ${error}`)
  }
}

/** The bytes of a file in a form. */
export async function fileOf(form: FormData, field: string): Promise<Uint8Array> {
  const file = form.get(field)
  if (!(file instanceof Blob)) throw new Refusal(400, `no file in "${field}"`)
  return new Uint8Array(await file.arrayBuffer())
}

/** Gateways let every page read what they serve. */
const anyOrigin = { 'access-control-allow-origin': '*' }

/** Answers `GET /ipfs/<cid>` with the content as a gateway does. */
export function gatewayAnswer(request: VendorRequest, holdings: Holdings): VendorAnswer {
  const cid = request.url.pathname.split('/').at(-1) ?? ''
  const bytes = holdings.read(cid)
  if (!bytes) return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'ipld: not found\n' }
  return {
    status: 200,
    headers: { ...anyOrigin, 'content-type': 'audio/mpeg', etag: `"${cid}"`, 'accept-ranges': 'none' },
    body: bytes,
    cid,
  }
}

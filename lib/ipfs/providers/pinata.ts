import { z } from 'zod'
import { legacyCid } from '#lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { canonicalCid, verifyAnsweredCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { createApiClient } from './api-client.ts'
import type { Hint } from './api-errors.ts'
import { createCarOrFile } from './car-or-file.ts'
import { carPart, filePart } from './parts.ts'
import type { IpfsProvider } from './provider.ts'
import { removed } from './removal.ts'

/** The most that Pinata takes in one request; more would have to be sent in several. */
const MAX_UPLOAD_BYTES = 94_371_840
/** The live API answers this with 400 where the account has no such pin. */
const NOT_PINNED = /CURRENT_USER_HAS_NOT_PINNED_CID|has not pinned/i
const keyvalues = { service: 'voicepin' }

const uploaded = z.object({ data: z.object({ cid: z.string() }) })
const listed = z.object({
  data: z.object({ files: z.array(z.object({ id: z.string(), cid: z.string() })).nullable() }),
})
const classicUploaded = z.object({ IpfsHash: z.string() })
const classicListed = z.object({ rows: z.array(z.object({ ipfs_pin_hash: z.string() })) })

interface PinataOptions {
  /** If given, it is used in place of key and secret. */
  jwt?: string | undefined
  apiKey?: string | undefined
  apiSecret?: string | undefined
  uploadUrl: string
  apiUrl: string
  gatewayUrl: string
  /** Milliseconds since the epoch. */
  now: () => number
  /** Takes what the operator should know, once. */
  onNote: (note: string) => void
}

/**
 * Pinata: its v3 API with a JWT, its classic pinning API with an API key and secret.
 *
 * With a JWT clips are sent as CARs, which only paid plans take, and as plain files otherwise. Plain files are chunked by
 * Pinata: for those above 256 KiB it answers `legacyCid`, which is returned then.
 */
export function createPinataProvider(options: PinataOptions): IpfsProvider {
  return options.jwt ? createV3(options.jwt, options) : createClassic(options)
}

function createV3(jwt: string, { uploadUrl, apiUrl, gatewayUrl, now, onNote }: PinataOptions): IpfsProvider {
  const credentials = { authorization: `Bearer ${jwt}` }
  const uploads = createApiClient({
    baseUrl: uploadUrl,
    credentials,
    now,
    hints: hintsFor('org:files:write', 'PINATA_JWT'),
  })
  const api = createApiClient({ baseUrl: apiUrl, credentials, now })

  /** @see https://docs.pinata.cloud/api-reference/endpoint/upload-a-file */
  async function send(body: FormData, signal: AbortSignal): Promise<string> {
    const { data } = await uploads.json({ method: 'POST', path: '/files', body, answer: uploaded, signal })
    return data.cid
  }

  /** @see https://docs.pinata.cloud/api-reference/endpoint/list-files */
  async function filesOf(cid: string, signal: AbortSignal) {
    const { data } = await api.json({
      method: 'GET',
      path: `/v3/files/public?${new URLSearchParams({ cid })}`,
      answer: listed,
      signal,
    })
    return (data.files ?? []).filter((each) => canonicalCid(each.cid) === cid)
  }

  const carOrFile = createCarOrFile({
    onNote,
    async sendCar(content, signal) {
      const file = carPart(content)
      refuseTooLarge(file)
      const cid = await send(v3Form(content, file, { car: 'true' }), signal)
      return isPending(cid) ? content.cid : verifyAnsweredCid(cid, content)
    },
    async sendFile(content, signal) {
      const file = filePart(content)
      refuseTooLarge(file)
      const cid = await send(v3Form(content, file), signal)
      return isPending(cid)
        ? legacyCid(content.file)
        : verifyAnsweredCid(cid, content, { acceptsLegacy: true })
    },
  })

  return {
    name: 'pinata',
    gatewayUrl,
    get note() {
      return carOrFile.note
    },
    upload: carOrFile.upload,
    holds: async (cid, { signal }) => (await filesOf(cid, signal)).length > 0,
    // https://docs.pinata.cloud/api-reference/endpoint/delete-file-by-id
    async unpin(cid, { signal }) {
      for (const { id } of await filesOf(cid, signal)) {
        await removed(api.done({ method: 'DELETE', path: `/v3/files/public/${id}`, signal }))
      }
      return true
    },
  }
}

function createClassic({
  apiKey = '',
  apiSecret = '',
  apiUrl,
  gatewayUrl,
  now,
}: PinataOptions): IpfsProvider {
  const api = createApiClient({
    baseUrl: apiUrl,
    credentials: { pinata_api_key: apiKey, pinata_secret_api_key: apiSecret },
    now,
    hints: hintsFor('pinFileToIPFS', 'PINATA_API_KEY'),
  })
  return {
    name: 'pinata',
    gatewayUrl,
    // https://docs.pinata.cloud/api-reference/endpoint/ipfs/pin-file-to-ipfs
    async upload(content, { signal }) {
      const answer = await api.json({
        method: 'POST',
        path: '/pinning/pinFileToIPFS',
        body: classicForm(content),
        answer: classicUploaded,
        signal,
      })
      return { cid: await verifyAnsweredCid(answer.IpfsHash, content, { acceptsLegacy: true }) }
    },
    // https://docs.pinata.cloud/api-reference/endpoint/ipfs/list-files-legacy
    async holds(cid, { signal }) {
      const answer = await api.json({
        method: 'GET',
        path: `/data/pinList?${new URLSearchParams({ hashContains: cid, status: 'pinned' })}`,
        answer: classicListed,
        signal,
      })
      return answer.rows.some((row) => canonicalCid(row.ipfs_pin_hash) === cid)
    },
    // https://docs.pinata.cloud/api-reference/endpoint/ipfs/unpin-file
    unpin: (cid, { signal }) =>
      removed(api.done({ method: 'DELETE', path: `/pinning/unpin/${cid}`, signal }), ({ message }) =>
        NOT_PINNED.test(message),
      ),
  }
}

/** Stands in the place of the CID while Pinata still works on what it has accepted. */
const isPending = (cid: string) => cid === 'pending'

/** What Pinata's refusals mean for the operator. Its words are those of its live API. */
function hintsFor(scope: string, variable: string): Hint[] {
  return [
    {
      status: 403,
      says: /scopes/i,
      hint:
        `the key lacks the scope ${scope}: create a key with it` +
        (scope === 'pinFileToIPFS' ? ', or set PINATA_JWT, which is recommended' : ''),
    },
    { status: 403, says: /revoked/i, hint: `create a new key and set ${variable}` },
    {
      status: 403,
      says: /plan|usage|limit/i,
      hint: "the plan's files or bytes are used up: unpin some at Pinata, or choose a larger plan",
    },
    { status: 402, hint: 'choose a larger plan at Pinata, or check its billing' },
    {
      status: 429,
      hint: "the plan's requests a minute are used up (Free 60, Picnic 250, Fiesta 500)",
    },
  ]
}

function refuseTooLarge({ size }: File) {
  if (size <= MAX_UPLOAD_BYTES) return
  throw new ProviderError(
    `Not uploaded: ${size} bytes are more than the ${MAX_UPLOAD_BYTES} that Pinata takes in one request`,
    { isRetryable: false },
  )
}

function v3Form({ fileName }: IpfsContent, file: File, fields: Record<string, string> = {}): FormData {
  const form = new FormData()
  form.append('network', 'public')
  form.append('name', fileName)
  form.append('keyvalues', JSON.stringify(keyvalues))
  form.append('cid_version', 'v1')
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', file)
  return form
}

function classicForm(content: IpfsContent): FormData {
  const form = new FormData()
  form.append('pinataMetadata', JSON.stringify({ name: content.fileName, keyvalues }))
  form.append('pinataOptions', JSON.stringify({ cidVersion: 1 }))
  form.append('file', filePart(content))
  return form
}

import { z } from 'zod'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { canonicalCid, verifyAnsweredCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { type ApiClient, createApiClient } from './api-client.ts'
import type { IpfsProvider } from './provider.ts'

/** The most that Pinata takes in one request; more would have to be sent in several. */
const MAX_UPLOAD_BYTES = 94_371_840
const keyvalues = { service: 'voicepin' }

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
}

/**
 * Pinata: its v3 API with a JWT, its classic pinning API with an API key and secret.
 *
 * The classic API chunks files itself: for those above 256 KiB it answers `legacyCid`, which is returned then.
 */
export function createPinataProvider(options: PinataOptions): IpfsProvider {
  const { jwt, apiKey = '', apiSecret = '', uploadUrl, apiUrl, gatewayUrl, now } = options
  const credentials: Record<string, string> = jwt
    ? { authorization: `Bearer ${jwt}` }
    : { pinata_api_key: apiKey, pinata_secret_api_key: apiSecret }
  const api = createApiClient({ baseUrl: apiUrl, credentials, now })
  const calls = jwt
    ? v3Calls(createApiClient({ baseUrl: uploadUrl, credentials, now }), api)
    : classicCalls(api)
  return { name: 'pinata', gatewayUrl, ...calls }
}

type Calls = Pick<IpfsProvider, 'upload' | 'holds'>

function v3Calls(uploads: ApiClient, api: ApiClient): Calls {
  return {
    // https://docs.pinata.cloud/api-reference/endpoint/upload-a-file
    async upload(content, { signal }) {
      refuseTooLarge(content.car)
      const answer = await uploads.json({
        method: 'POST',
        path: '/files',
        body: v3Form(content),
        answer: z.object({ data: z.object({ cid: z.string() }) }),
        signal,
      })
      return { cid: await verifyAnsweredCid(answer.data.cid, content) }
    },
    // https://docs.pinata.cloud/api-reference/endpoint/list-files
    async holds(cid, { signal }) {
      const answer = await api.json({
        method: 'GET',
        path: `/v3/files/public?${new URLSearchParams({ cid })}`,
        answer: z.object({ data: z.object({ files: z.array(z.object({ cid: z.string() })).nullable() }) }),
        signal,
      })
      return (answer.data.files ?? []).some((file) => canonicalCid(file.cid) === cid)
    },
  }
}

function classicCalls(api: ApiClient): Calls {
  return {
    // https://docs.pinata.cloud/api-reference/endpoint/ipfs/pin-file-to-ipfs
    async upload(content, { signal }) {
      const answer = await api.json({
        method: 'POST',
        path: '/pinning/pinFileToIPFS',
        body: classicForm(content),
        answer: z.object({ IpfsHash: z.string() }),
        signal,
      })
      return { cid: await verifyAnsweredCid(answer.IpfsHash, content, { acceptsLegacy: true }) }
    },
    // https://docs.pinata.cloud/api-reference/endpoint/ipfs/list-files-legacy
    async holds(cid, { signal }) {
      const answer = await api.json({
        method: 'GET',
        path: `/data/pinList?${new URLSearchParams({ hashContains: cid, status: 'pinned' })}`,
        answer: z.object({ rows: z.array(z.object({ ipfs_pin_hash: z.string() })) }),
        signal,
      })
      return answer.rows.some((row) => canonicalCid(row.ipfs_pin_hash) === cid)
    },
  }
}

function refuseTooLarge(car: Blob) {
  if (car.size <= MAX_UPLOAD_BYTES) return
  throw new ProviderError(
    `Not uploaded: ${car.size} bytes are more than the ${MAX_UPLOAD_BYTES} that Pinata takes in one request`,
    { isRetryable: false },
  )
}

function v3Form({ car, fileName }: IpfsContent): FormData {
  const form = new FormData()
  form.append('network', 'public')
  form.append('name', fileName)
  form.append('keyvalues', JSON.stringify(keyvalues))
  form.append('car', 'true')
  form.append('cid_version', 'v1')
  form.append('file', car, `${fileName}.car`)
  return form
}

function classicForm({ file, fileName }: IpfsContent): FormData {
  const form = new FormData()
  form.append('pinataMetadata', JSON.stringify({ name: fileName, keyvalues }))
  form.append('pinataOptions', JSON.stringify({ cidVersion: 1 }))
  form.append('file', file, fileName)
  return form
}

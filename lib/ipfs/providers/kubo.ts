import { z } from 'zod'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { canonicalCid, verifyAnsweredCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { basicAuth, createApiClient } from './api-client.ts'
import { createCarOrFile, isUnknownCommand } from './car-or-file.ts'
import { lighthouseUnpin } from './lighthouse-unpin.ts'
import { carPart, filePart } from './parts.ts'
import type { IpfsProvider } from './provider.ts'
import { removed } from './removal.ts'

interface KuboOptions {
  name: string
  /** The RPC API's origin; a path `/api/v0` at its end may be there or not. */
  url: string
  /** The headers that authenticate. */
  credentials?: Record<string, string> | undefined
  /** Values to keep out of errors, besides those of `credentials`. */
  secrets?: string[]
  gatewayUrl: string
  /** Milliseconds since the epoch. */
  now: () => number
  /** Takes what the operator should know, once. */
  onNote: (note: string) => void
  /** How it unpins, where that is not Kubo's way. */
  unpin?: IpfsProvider['unpin']
}

type PresetOptions = Pick<KuboOptions, 'url' | 'gatewayUrl' | 'now' | 'onNote'>

/** A Kubo node or cluster of the operator; `authorization` is the whole value of that header, if the API needs one. */
export function createKuboProvider(options: PresetOptions & { authorization?: string | undefined }) {
  const { authorization, ...rest } = options
  return createRpcProvider({ ...rest, name: 'kubo', credentials: authorization ? { authorization } : {} })
}

/** Infura's RPC API (closed since August 2026), or a compatible one. */
export function createInfuraProvider(options: PresetOptions & { projectId: string; projectSecret: string }) {
  const { projectId, projectSecret, ...rest } = options
  const credentials = basicAuth(projectId, projectSecret)
  return createRpcProvider({ ...rest, name: 'infura', credentials, secrets: [projectSecret] })
}

/** Filebase's RPC API: https://filebase.com/docs/ipfs/rpc-api */
export function createFilebaseProvider(options: PresetOptions & { token: string }) {
  const { token, ...rest } = options
  return createRpcProvider({ ...rest, name: 'filebase', credentials: { authorization: `Bearer ${token}` } })
}

/** Lighthouse, whose upload API has Kubo's paths and wraps its answers: https://docs.lighthouse.storage */
export function createLighthouseProvider(
  options: PresetOptions & { apiUrl: string; apiKey: string },
): IpfsProvider {
  const { apiUrl, apiKey, ...rest } = options
  const credentials = { authorization: `Bearer ${apiKey}` }
  const api = createApiClient({ baseUrl: apiUrl, credentials, now: rest.now })
  return createRpcProvider({ ...rest, name: 'lighthouse', credentials, unpin: lighthouseUnpin(api) })
}

const root = z.object({ Cid: z.object({ '/': z.string() }), PinErrorMsg: z.string().optional() })
const plainLine = z.object({
  Root: root.optional(),
  Hash: z.string().optional(),
  Type: z.string().optional(),
  Message: z.string().optional(),
})
const pinsAnswer = z.object({ Keys: z.record(z.string(), z.unknown()) })
// Lighthouse puts Kubo's answer into a field `data`.
const answerLine = z.union([z.object({ data: plainLine }).transform(({ data }) => data), plainLine])
type AnswerLine = z.infer<typeof plainLine>

/**
 * A service with Kubo's RPC API. Uploads the content as a CAR; a service that refuses `dag/import` is sent the plain file,
 * to be chunked in the same way.
 */
function createRpcProvider(options: KuboOptions): IpfsProvider {
  const { name, gatewayUrl, credentials = {}, secrets = [], now, onNote } = options
  const baseUrl = options.url.replace(/\/api\/v0\/?$/, '')
  const api = createApiClient({ baseUrl, credentials, secrets, now })

  async function send(path: string, file: File, signal: AbortSignal): Promise<string> {
    const body = new FormData()
    body.append('file', file)
    const lines = await api.jsonLines({ method: 'POST', path, body, answer: answerLine, signal })
    const failure = lines.map(failureIn).find((message) => message !== undefined)
    if (failure) throw new ProviderError(api.excerpt(failure), { isRetryable: true, mayHaveStored: true })
    return cidIn(lines)
  }

  // https://docs.ipfs.tech/reference/kubo/rpc/#api-v0-dag-import
  async function sendCar(content: IpfsContent, signal: AbortSignal): Promise<string> {
    const answered = await send('/api/v0/dag/import?pin-roots=true', carPart(content), signal)
    return verifyAnsweredCid(answered, content)
  }

  // https://docs.ipfs.tech/reference/kubo/rpc/#api-v0-add
  async function sendFile(content: IpfsContent, signal: AbortSignal): Promise<string> {
    const answered = await send(`/api/v0/add?${addParameters}`, filePart(content), signal)
    return verifyAnsweredCid(answered, content, { acceptsLegacy: true })
  }

  const uploads = createCarOrFile({ sendCar, sendFile, onNote })
  return {
    name,
    gatewayUrl,
    get note() {
      return uploads.note
    },
    upload: uploads.upload,
    // https://docs.ipfs.tech/reference/kubo/rpc/#api-v0-pin-ls
    async holds(cid, { signal }) {
      try {
        const path = `/api/v0/pin/ls?arg=${cid}`
        const { Keys } = await api.json({ method: 'POST', path, answer: pinsAnswer, signal })
        return Object.keys(Keys).some((key) => canonicalCid(key) === cid)
      } catch (error) {
        if (ProviderError.isInstance(error) && NOT_PINNED.test(error.message)) return false
        if (isUnknownCommand(error)) return undefined
        throw error
      }
    },
    // https://docs.ipfs.tech/reference/kubo/rpc/#api-v0-pin-rm
    async unpin(cid, { signal }) {
      if (options.unpin) return options.unpin(cid, { signal })
      try {
        const removal = api.done({ method: 'POST', path: `/api/v0/pin/rm?arg=${cid}`, signal })
        return await removed(removal, ({ message }) => NOT_PINNED.test(message))
      } catch (error) {
        if (isUnknownCommand(error)) return undefined
        throw error
      }
    },
  }
}

const NOT_PINNED = /\bnot pinned\b/i

const addParameters = new URLSearchParams({
  'cid-version': '1',
  'raw-leaves': 'true',
  chunker: 'size-1048576',
  'max-file-links': '1024',
  pin: 'true',
})

function cidIn(lines: AnswerLine[]): string {
  const cid = lines.map((line) => line.Root?.Cid['/'] ?? line.Hash).findLast((found) => found !== undefined)
  if (cid !== undefined) return cid
  throw new ProviderError('Answered without a CID', { isRetryable: true, mayHaveStored: true })
}

/** Kubo reports some failures in the body, after it has begun to answer 200. */
function failureIn({ Root, Type, Message }: AnswerLine): string | undefined {
  if (Root?.PinErrorMsg) return `Imported, but not pinned: ${Root.PinErrorMsg}`
  return Type === 'error' ? `Answered with an error: ${Message ?? 'no message'}` : undefined
}

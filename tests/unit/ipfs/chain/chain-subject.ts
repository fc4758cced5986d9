import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { type Chain, type ChainOptions, type ChainResult, createChain } from '#lib/ipfs/chain/chain.ts'
import { ChainError } from '#lib/ipfs/chain/errors.ts'
import type { Priority } from '#lib/ipfs/chain/upload-run.ts'
import type { ProviderError } from '#lib/model/errors.ts'
import { FakeProvider } from '../../../support/fake-provider.ts'
import { createSimulatedClock } from '../../../support/simulated-clock.ts'

export const DELAYS_MS = [1000, 2000, 4000]
export const MAX_RETRY_AFTER_MS = 10_000
export const ATTEMPT_TIMEOUT_MS = 30_000
const never = new AbortController().signal

/** One attempt as it was logged: its provider, and how it ended if it has. */
export interface Entry {
  provider: string
  outcome?: 'stored' | 'failed'
  durationMs?: number
  error?: ProviderError | undefined
}

/** A chain of fake providers under a simulated clock, with an attempt log in memory. */
export function chainOf(names: string[], overrides: Partial<ChainOptions> = {}) {
  const clock = createSimulatedClock({ random: () => 0 })
  const providers = names.map((name) => new FakeProvider(name))
  const chain = createChain({
    providers,
    retryDelaysMs: DELAYS_MS,
    attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
    clock,
    scrub: (text) => text.replaceAll('s3cret', '[secret]'),
    ...overrides,
  })
  const entries: Entry[] = []
  const attemptLog = {
    async begin(provider: string) {
      return entries.push({ provider }) - 1
    },
    async end(id: number, _: string, end: Partial<Entry>) {
      Object.assign(entries[id] as Entry, end)
    },
  }

  function start(
    options: { content?: IpfsContent; priority?: Priority; ambiguous?: string[]; signal?: AbortSignal } = {},
  ): Promise<ChainResult> {
    const { content = someClip(), priority = 'background', ambiguous = [], signal = never } = options
    return chain.upload(content, { priority, attemptLog, ambiguous, signal })
  }
  /** Uploads a clip, letting time pass as it must. */
  const upload = (options: Parameters<typeof start>[0] = {}) => clock.until(start(options))
  const failureOf = async (options: Parameters<typeof start>[0] = {}) => {
    const error = await upload(options).then(
      () => undefined,
      (thrown) => thrown,
    )
    if (!ChainError.isInstance(error)) throw error ?? new Error('It did not fail')
    return error
  }
  return {
    chain,
    clock,
    providers,
    first: providers[0] as FakeProvider,
    entries,
    attemptLog,
    start,
    upload,
    failureOf,
  }
}

let count = 0

export function someClip(): IpfsContent {
  count += 1
  const empty = new Blob([])
  return { cid: `bafk-${count}`, file: empty, car: empty, fileName: 'clip.mp3', mimeType: 'audio/mpeg' }
}

export function stateOf(chain: Chain, name: string) {
  return chain.breakers().find(({ provider }) => provider === name)?.state
}

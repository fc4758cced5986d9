import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createChain } from '#lib/ipfs/chain/chain.ts'
import { createPinataProvider } from '#lib/ipfs/providers/pinata.ts'
import { systemClock } from '#lib/platform/clock.ts'
import {
  credentials,
  type Fault,
  type StubVendors,
  startStubVendors,
  statusFault,
} from '../../../support/stub-vendors.ts'
import { someContent } from '../content.ts'

const signal = new AbortController().signal
const noLog = { begin: async () => 0, end: async () => {} }
// Short, so that what hangs costs little. A busy machine may need an attempt more.
const ATTEMPT_TIMEOUT_MS = 300
const RETRY_DELAYS_MS = Array(6).fill(1)

let vendors: StubVendors
let seed = 0

beforeAll(async () => {
  vendors = await startStubVendors()
})
afterAll(() => vendors.close())

function chainToPinata() {
  const url = vendors.urls.pinata
  const urls = { uploadUrl: `${url}/v3`, apiUrl: vendors.pinataApiUrl, gatewayUrl: url }
  const pinata = createPinataProvider({ jwt: credentials.pinataJwt, ...urls, now: Date.now, onNote: vi.fn() })
  return createChain({
    providers: [pinata],
    retryDelaysMs: RETRY_DELAYS_MS,
    attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
    maxRetryAfterMs: 10_000,
    clock: systemClock,
    scrub: (text) => text,
  })
}

// Statuses by which Cloudflare and other proxies say that the service behind them did not answer:
// https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
const lostAnswers: [string, Fault][] = [
  ['502', statusFault(502)],
  ['504', statusFault(504)],
  ['520', statusFault(520)],
  ['524', statusFault(524)],
  ['a reset', { kind: 'reset-mid-body' }],
  ['a time-out', { kind: 'hang' }],
]

describe('an upload whose answer was lost, at a provider that is well again', () => {
  it.each<[string, Fault]>([
    ['answers 500', statusFault(500, { scope: 'lookup' })],
    ['answers 429', statusFault(429, { scope: 'lookup', retryAfterSeconds: 3600 })],
    ['refuses connections', { kind: 'refused', scope: 'lookup' }],
    ['hangs', { kind: 'hang', scope: 'lookup' }],
    ['answers garbage', { kind: 'html', scope: 'lookup' }],
    ['answers JSON of another kind', { kind: 'json', scope: 'lookup' }],
  ])('is stored in the same round while its list %s', async (_, lookup) => {
    const stored: string[] = []
    for (const [name, fault] of lostAnswers) {
      await vendors.reset()
      await vendors.always('pinata', lookup)
      await vendors.next('pinata', fault)
      seed += 1
      const content = await someContent(1000, seed)
      const { ipfsHash } = await chainToPinata().upload(content, {
        priority: 'background',
        attemptLog: noLog,
        signal,
      })
      const held = await vendors.holdings('pinata')
      if (ipfsHash === content.cid && held.some(({ cid }) => cid === ipfsHash)) stored.push(name)
    }
    expect(stored).toEqual(lostAnswers.map(([name]) => name))
  })
})

import { createChain } from '#lib/ipfs/chain/chain.ts'
import { createKuboProvider } from '#lib/ipfs/providers/kubo.ts'
import { createPinataProvider } from '#lib/ipfs/providers/pinata.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { credentials, type Fault, startStubVendors, statusFault } from '../support/stub-vendors.ts'
import { someContent } from '../unit/ipfs/content.ts'

/** How long the second provider takes for a clip. */
const SECOND_MS = 500
const CALLERS = 5

const faults: [string, Fault][] = [
  ['refuses connections', { kind: 'refused' }],
  ['answers 503', statusFault(503)],
  ['resets connections', { kind: 'reset-before-body' }],
  ['hangs', { kind: 'hang' }],
]
const vendors = await startStubVendors()
const log = { begin: async () => 0, end: async () => {} }
let seed = 0

function providers() {
  const { pinata: url, kubo } = vendors.urls
  const common = { now: Date.now, onNote: () => {} }
  const urls = { uploadUrl: `${url}/v3`, apiUrl: vendors.pinataApiUrl, gatewayUrl: url }
  return {
    first: createPinataProvider({ jwt: credentials.pinataJwt, ...urls, ...common }),
    second: createKuboProvider({
      url: kubo,
      authorization: credentials.kuboAuthorization,
      gatewayUrl: kubo,
      ...common,
    }),
  }
}

async function timesOf(names: ('first' | 'second')[]): Promise<number[]> {
  const made = providers()
  const chain = createChain({
    providers: names.map((name) => made[name]),
    retryDelaysMs: [1000, 2000, 4000],
    attemptTimeoutMs: 30_000,
    maxRetryAfterMs: 10_000,
    clock: systemClock,
    scrub: (text) => text,
  })
  const times: number[] = []
  const stop = new AbortController()
  for (let caller = 0; caller < CALLERS; caller += 1) {
    seed += 1
    const content = await someContent(50_000, seed)
    const startedAt = performance.now()
    const { late } = await chain.upload(content, {
      priority: 'interactive',
      attemptLog: log,
      signal: stop.signal,
    })
    times.push(performance.now() - startedAt)
    void late
  }
  stop.abort()
  return times
}

// How long a caller waits for the permanent address while the first provider is in trouble and the second is well, as
// a multiple of what the second alone takes: `node tests/proof/second-provider.ts`.
await vendors.always('kubo', { kind: 'late', delayMs: SECOND_MS })
await timesOf(['second'])
const alone = (await timesOf(['second'])).toSorted((a, b) => a - b)[Math.floor(CALLERS / 2)] ?? SECOND_MS
console.log(
  `The second alone: ${Math.round(alone)} ms\n\n| the first | callers 1 to ${CALLERS} |\n| --- | --- |`,
)
for (const [name, fault] of faults) {
  await vendors.always('pinata', fault)
  const times = await timesOf(['first', 'second'])
  console.log(`| ${name} | ${times.map((ms) => (ms / alone).toFixed(2)).join(', ')} |`)
}
await vendors.close()

import type { Fault, StubVendors, VendorName } from '../../support/stub-vendors.ts'
import { statusFault } from '../../support/stub-vendors.ts'

/** Everything that a provider does wrong now and then. */
const storageFaults: Fault[] = [
  { kind: 'reset-before-body' },
  { kind: 'reset-mid-body' },
  { kind: 'reset-after-storing' },
  { kind: 'reset-mid-answer' },
  { kind: 'hang' },
  { kind: 'hang-after-storing' },
  { kind: 'late', delayMs: 300 },
  { kind: 'slow-drip', pauseMs: 10 },
  { kind: 'empty-body' },
  { kind: 'html' },
  { kind: 'wrong-cid' },
  { kind: 'truncated-json' },
  statusFault(401),
  statusFault(429),
  statusFault(429, { retryAfterSeconds: 1 }),
  statusFault(500),
  statusFault(503),
  statusFault(500, { scope: 'lookup' }),
]
const speechFaults: Fault[] = [
  { kind: 'reset-before-body' },
  { kind: 'reset-mid-answer' },
  { kind: 'html' },
  { kind: 'late', delayMs: 200 },
  statusFault(429),
  statusFault(500),
]
const down: Fault[] = [
  { kind: 'refused' },
  { kind: 'hang', scope: 'all' },
  statusFault(503, { scope: 'all' }),
]

const SHARE_OF_OUTAGES = 0.2

/** Gives each vendor a mood at random: well, moody, or down; now and then all are down. */
export async function changeMoods(
  vendors: StubVendors,
  storage: readonly VendorName[],
  random: () => number,
): Promise<void> {
  await vendors.heal()
  await vendors.speak({ chunkBytes: 2048, chunkPauseMs: random() < 0.5 ? 0 : Math.floor(random() * 15) })
  if (random() < 0.5) await vendors.always('elevenlabs', speechFaults, 0.1)
  const isOutage = random() < SHARE_OF_OUTAGES
  for (const vendor of storage) {
    const mood = isOutage ? 1 : random()
    if (mood < 0.3) continue
    if (mood < 0.7) await vendors.always(vendor, storageFaults, 0.2 + 0.6 * random())
    else await vendors.always(vendor, down[Math.floor(random() * down.length)] as Fault)
  }
}

import { it } from 'vitest'
import { surviveOutage } from './outage.ts'

// With 500 clips, and with every provider refusing: tests/proof/outage.proof.ts.
it(
  'thirty minutes with every provider hanging and 100 clips, then all are stored once, without any call',
  { timeout: 60_000 },
  () => surviveOutage('hang', { clips: 100 }),
)

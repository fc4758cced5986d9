import { it } from 'vitest'
import { unavailable } from '../support/fake-provider.ts'
import { surviveOutage } from '../unit/clips/outage.ts'

it.each([
  ['refusing', unavailable()],
  ['hanging', 'hang'],
] as const)(
  'thirty minutes with every provider %s and 500 clips, then all are stored once, without any call',
  (_, fault) => surviveOutage(fault, { clips: 500 }),
)

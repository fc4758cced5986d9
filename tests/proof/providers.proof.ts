import { it } from 'vitest'
import { storeAtOneAlone } from '../support/one-provider.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()

it.each(['web3storage', 'infura', 'filebase', 'lighthouse', 'kubo'] as const)(
  '%s stores the clip where it is the only provider',
  (provider) => storeAtOneAlone(world.vendors, provider),
)

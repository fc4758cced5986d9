import { it } from 'vitest'
import { uploadFromTwoInstances } from '../support/two-instances.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()

it('two instances on one directory serve each other’s clips and upload each of 200 pending clips once', async () => {
  await uploadFromTwoInstances(world.vendors, { clips: 200 })
})

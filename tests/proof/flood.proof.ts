import { it } from 'vitest'
import { expectLimited } from '../support/flood.ts'
import { quick } from '../support/operator.ts'
import { startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()

it('10,000 requests from one address get what the limit allows and no more, forged headers included', async () => {
  const service = await startService({
    environment: {
      ...quick,
      ...environmentFor(world.vendors),
      RATE_LIMIT_PER_MINUTE: '50',
      LOG_LEVEL: 'error',
    },
  })
  await expectLimited(service.baseUrl, { count: 10_000, perMinute: 50 })
  await service.stop()
}, 240_000)

import { expect, it } from 'vitest'
import { hangUpOften, settledOpenFiles } from '../support/hang-up.ts'
import { hangUpEnvironment, streamingRoutes } from '../support/streaming-routes.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({ environment: hangUpEnvironment })

// 100,000 times: tests/proof/hang-ups.ts.
it('callers who hang up 300 times, at every stage, on every route that streams, leave no file open', async () => {
  const { service, vendors } = world
  const routes = await streamingRoutes(service, vendors)
  await hangUpOften(service.baseUrl, routes, { times: 30 })
  const before = await settledOpenFiles(service.processId, 500)
  await hangUpOften(service.baseUrl, routes, { times: 300 })
  expect(await settledOpenFiles(service.processId)).toBeLessThanOrEqual(before + 10)
  expect((await service.fetch('/api/health/ready')).status).toBe(200)
})

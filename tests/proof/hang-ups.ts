import { parseArgs } from 'node:util'
import { hangUpOften, settledOpenFiles } from '../support/hang-up.ts'
import { cleanUpServices, startService } from '../support/service.ts'
import { hangUpEnvironment, streamingRoutes } from '../support/streaming-routes.ts'
import { environmentFor, startStubVendors } from '../support/stub-vendors.ts'

/** Files that a service may have open for a moment: connections to its vendors, a database of its own. */
const SLACK = 10
const ROUND = 10_000
/** About as many as keep a service on one core busy. */
const AT_ONCE = 48

/**
 * `npm run test:hang-ups -- [--times N]`: callers reset their connections before the head of the answer, after it and in
 * the middle, on every route that streams. Proves that the service has as many files open afterwards as before.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { times: { type: 'string', default: '100000' } } })
  const times = Number(values.times)
  const vendors = await startStubVendors()
  const service = await startService({ environment: { ...hangUpEnvironment, ...environmentFor(vendors) } })
  const routes = await streamingRoutes(service, vendors)
  await hangUpOften(service.baseUrl, routes, { times: 300 })
  const before = await settledOpenFiles(service.processId)
  const line = (...cells: unknown[]) => console.log(cells.map((cell) => String(cell).padStart(10)).join(''))
  let most = before
  line('hang-ups', 'a second', 'open files')
  line(0, '', before)
  for (let done = 0; done < times; ) {
    const next = Math.min(ROUND, times - done)
    const begunAt = performance.now()
    await hangUpOften(service.baseUrl, routes, { times: next, atOnce: AT_ONCE })
    const perSecond = next / ((performance.now() - begunAt) / 1000)
    const open = await settledOpenFiles(service.processId)
    most = Math.max(most, open)
    done += next
    line(done, perSecond.toFixed(0), open)
  }
  const { status } = await service.fetch('/api/health/ready')
  const isFlat = most <= before + SLACK && status === 200
  console.log(isFlat ? 'Flat' : `Not flat: from ${before} to ${most} open files; ready says ${status}`)
  await cleanUpServices()
  await vendors.close()
  process.exit(isFlat ? 0 : 1)
}

await main()

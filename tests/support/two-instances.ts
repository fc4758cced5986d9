import { expect } from 'vitest'
import { backlogOf } from './catalog.ts'
import { independentCid } from './content-id.ts'
import { ADMIN_KEY, pathOf, quick, retryIpfs } from './operator.ts'
import { newDirectory, type Service, startService } from './service.ts'
import { environmentFor, type StubVendors, statusFault } from './stub-vendors.ts'
import { until } from './until.ts'

const AT_ONCE = 20

/** Expects that the bytes of a clip can be had at the address of its answer. */
export async function expectServed(
  service: Service,
  data: { audioUrl: string; cid: string; isTemporary: boolean },
) {
  const url = data.isTemporary ? new URL(pathOf(data.audioUrl), service.baseUrl) : data.audioUrl
  const response = await fetch(url)
  expect(response.status).toBe(200)
  expect(await independentCid(await response.bytes())).toBe(data.cid)
}

/**
 * Has two instances on one directory speak `clips` clips that no provider takes, then upload them at once, and expects
 * that each was uploaded once.
 */
export async function uploadFromTwoInstances(
  vendors: StubVendors,
  { clips }: { clips: number },
): Promise<void> {
  const directory = await newDirectory()
  const environment = { ...quick, ...environmentFor(vendors), SPEECH_CONCURRENCY: '50' }
  const [first, second] = await Promise.all([
    startService({ directory, environment }),
    startService({ directory, environment }),
  ])
  await vendors.always('pinata', statusFault(401))
  const answers = []
  for (let batch = 0; batch < clips / AT_ONCE; batch++) {
    const calls = Array.from({ length: AT_ONCE }, (_, index) => (index % 2 ? first : second).vocalize())
    answers.push(...(await Promise.all(calls)))
  }
  for (const { body } of answers) {
    expect(body.data.isTemporary).toBe(true)
  }
  for (const { body } of answers.slice(0, AT_ONCE)) {
    await expectServed(first, body.data)
    await expectServed(second, body.data)
  }
  await vendors.heal()
  await Promise.all([retryIpfs(first), retryIpfs(second)])
  // What recovers by itself as soon as one upload succeeds is no longer there for the operator's calls.
  await until('an empty backlog', () => backlogOf(first) === 0, { timeoutMs: 30_000 })
  const held = await vendors.holdings('pinata')
  const cids = new Set(answers.map(({ body }) => body.data.cid))
  expect(cids.size).toBe(clips)
  const uploads = held.filter(({ cid }) => cids.has(cid)).map((holding) => holding.uploads)
  expect(uploads).toEqual(Array(clips).fill(1))
  const cron = await second.fetch('/api/admin/retry-ipfs', {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  })
  expect(await cron.json()).toMatchObject({ processed: 0, remaining: 0 })
  await Promise.all([first.stop(), second.stop()])
}

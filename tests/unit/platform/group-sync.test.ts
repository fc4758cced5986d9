import { expect, it } from 'vitest'
import { createGroupSync } from '#lib/platform/group-sync.ts'

/** A sync whose runs the test ends, one after the other. */
function heldSync() {
  const runs: PromiseWithResolvers<void>[] = []
  const sync = createGroupSync(() => {
    const run = Promise.withResolvers<void>()
    runs.push(run)
    return run.promise
  })
  return { sync, runs }
}

const turn = () => new Promise(setImmediate)

it('calls that are made while a sync goes on share the next one, and none resolves before it', async () => {
  const { sync, runs } = heldSync()
  const ended: string[] = []
  const first = sync().then(() => ended.push('first'))
  await turn()
  const others = Array.from({ length: 50 }, () => sync().then(() => ended.push('other')))
  await turn()
  expect(runs).toHaveLength(1)
  runs[0]?.resolve()
  await first
  await turn()
  expect(ended).toEqual(['first'])
  expect(runs).toHaveLength(2)
  runs[1]?.resolve()
  await Promise.all(others)
  expect(runs).toHaveLength(2)
})

it('a sync that fails fails for all who share it, and for nobody else', async () => {
  const { sync, runs } = heldSync()
  const shared = Promise.allSettled([sync(), sync()])
  await turn()
  const next = sync()
  runs[0]?.reject(new Error('EIO'))
  expect(await shared).toMatchObject([{ reason: { message: 'EIO' } }, { reason: { message: 'EIO' } }])
  await turn()
  runs[1]?.resolve()
  await next
})

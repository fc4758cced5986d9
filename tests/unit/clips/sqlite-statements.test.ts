import { StatementSync } from 'node:sqlite'
import { expect, it, onTestFinished, vi } from 'vitest'
import { afterResponse } from '#lib/background/after-response.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { FakeProvider } from '../../support/fake-provider.ts'
import { testServices } from '../../support/services.ts'

async function counted() {
  const { services, clock } = await testServices({
    providers: [new FakeProvider('pinata')],
    environment: { REUSE: 'on' },
  })
  const say = (text: string) =>
    clock.until(vocalizeOnce(services, { text, voiceId: 'slt' }, { requestId: 'r' }))
  await afterResponse(services, await say('The first one opens the database'))
  const [all, run] = [vi.spyOn(StatementSync.prototype, 'all'), vi.spyOn(StatementSync.prototype, 'run')]
  onTestFinished(() => void vi.restoreAllMocks())
  const count = () => {
    const calls = all.mock.calls.length + run.mock.calls.length
    all.mockClear()
    run.mockClear()
    return calls
  }
  return { services, clock, say, count }
}

it('a text that is spoken and stored takes 23 short statements of SQLite, four of which others share, and none behind its answer', async () => {
  const { services, say, count } = await counted()
  const clip = await say('Another one')
  expect(clip).toMatchObject({ state: 'stored' })
  // Those of the attempt at the vendor, which may be later than the answer.
  await services.catalog.speechAttempts.flush()
  expect(count()).toBe(23)
  await afterResponse(services, clip)
  expect(count()).toBe(0)
})

it('a text that was spoken before takes one statement of SQLite, and none behind its answer', async () => {
  const { services, say, count } = await counted()
  const clip = await say('The first one opens the database')
  expect(clip).toMatchObject({ isReused: true })
  expect(count()).toBe(1)
  await afterResponse(services, clip)
  expect(count()).toBe(0)
  expect(await services.catalog.counters.read()).toMatchObject({
    characters_saved: { '': clip.characters },
  })
})

it('work of other processes is found behind an answer five seconds later', async () => {
  const { services, clock, say, count } = await counted()
  const clip = await say('Another one')
  await clock.advance(5000)
  count()
  await afterResponse(services, clip)
  expect(count()).toBeGreaterThan(0)
})

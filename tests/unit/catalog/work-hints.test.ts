import { expect, it, vi } from 'vitest'
import { type CatalogEvent, createCatalogEvents } from '#lib/catalog/events.ts'
import { createWorkHints } from '#lib/catalog/work-hints.ts'
import type { Clip } from '#lib/model/clip.ts'

const START = Date.UTC(2026, 10, 22)

function world() {
  let now = START
  const events = createCatalogEvents({ onError: (error) => expect.fail(String(error)) })
  const hints = createWorkHints(events, { now: () => now })
  const look = vi.fn(async (found: number) => found)
  return {
    events,
    look,
    /** Looks for work, of which there is `found`. */
    ask: (kind: Parameters<typeof hints.look>[0], found = 0) =>
      hints.look(
        kind,
        () => look(found),
        (count) => count > 0,
      ),
    pass(ms: number) {
      now += ms
    },
    hints,
  }
}

it('after a look that has found nothing, none is made for five seconds', async () => {
  const { ask, look, pass } = world()
  expect(await ask('backlog')).toBe(0)
  expect(await ask('backlog')).toBeUndefined()
  pass(4999)
  expect(await ask('backlog')).toBeUndefined()
  pass(1)
  expect(await ask('backlog')).toBe(0)
  expect(look).toHaveBeenCalledTimes(2)
})

it('after a look that has found work, or has failed, the next one is made', async () => {
  const { ask, look } = world()
  await ask('replicas', 1)
  look.mockRejectedValueOnce(new Error('no'))
  await expect(ask('replicas')).rejects.toThrow('no')
  expect(await ask('replicas')).toBe(0)
})

const clip = { captionsCid: null, unprovenSince: null } as Clip
const clipId = 'x'

it.each<[Parameters<ReturnType<typeof world>['ask']>[0], string, CatalogEvent, number]>([
  ['backlog', 'a clip waits', { type: 'postponed', clipId, nextAttemptAt: START + 60_000 }, 0],
  ['backlog', 'a clip was given back', { type: 'released', clipId }, 0],
  ['backlog', 'captions have expired', { type: 'expired', clipId, clip }, 0],
  [
    'backlog',
    'a stored clip has captions',
    { type: 'stored', clipId, clip: { ...clip, captionsCid: 'x' } },
    0,
  ],
  ['due', 'the date of a clip has come', { type: 'postponed', clipId, nextAttemptAt: START + 3000 }, 3000],
  ['due', 'a clip was given back', { type: 'released', clipId }, 0],
  ['readBacks', 'a clip was stored', { type: 'stored', clipId, clip: { ...clip, unprovenSince: 1 } }, 5000],
  ['readBacks', 'a pin is in doubt', { type: 'read_back_due', dueAt: START + 1000 }, 1000],
  ['replicas', 'a replica is wanted', { type: 'replication_due', dueAt: START + 1000 }, 1000],
])('work of the kind %s is looked for once %s', async (kind, _, event, afterMs) => {
  const { ask, events, pass } = world()
  await ask(kind)
  events.emit(event)
  if (afterMs > 0) {
    pass(afterMs - 1)
    expect(await ask(kind)).toBeUndefined()
    pass(1)
  }
  expect(await ask(kind)).toBe(0)
})

it('what is told of while a look goes on is looked for afterwards', async () => {
  const { events, hints, ask } = world()
  await hints.look(
    'backlog',
    async () => events.emit({ type: 'released', clipId }),
    () => false,
  )
  expect(await ask('backlog')).toBe(0)
})

it('a clock that is set back hides no work', async () => {
  const { ask, pass } = world()
  await ask('backlog')
  pass(-3_600_000)
  expect(await ask('backlog')).toBe(0)
})

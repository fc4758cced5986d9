import { describe, expect, it } from 'vitest'
import type { Watchable } from '#lib/catalog/changes.ts'
import { createLookout } from '#lib/catalog/lookout.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

const LOOK_MS = 1500

/** A lookout over records in memory, which are at version 1 until `change`. */
function lookoutOf() {
  const clock = createSimulatedClock()
  const versions = new Map<string, number>()
  const asked: string[][] = []
  const errors: unknown[] = []
  let mark = 0
  let marks = 0
  let fault: Error | undefined
  const changes = {
    async mark() {
      marks += 1
      if (fault) throw fault
      return String(mark)
    },
    async versions(of: Watchable, ids: readonly string[]) {
      asked.push([of, ...ids])
      return new Map(ids.map((id) => [id, String(versions.get(id) ?? 1)]))
    },
  }
  const lookout = createLookout({ changes, clock, onError: (error) => errors.push(error) })
  return {
    clock,
    lookout,
    asked,
    errors,
    marks: () => marks,
    change(id: string) {
      mark += 1
      versions.set(id, (versions.get(id) ?? 1) + 1)
    },
    fail(error: Error | undefined) {
      fault = error
    },
    /** Watches a clip; returns how often it was woken, and what ends that. */
    watch(id: string, what: Watchable = 'clips') {
      let woken = 0
      const end = lookout.watch(what, id, () => {
        woken += 1
      })
      return { woken: () => woken, end }
    },
  }
}

describe('a lookout', () => {
  it('asks one cheap question for any number of watchers while nothing changes', async () => {
    const { clock, watch, asked, marks } = lookoutOf()
    for (let count = 0; count < 500; count += 1) watch(`clip-${count}`)
    await clock.advance(LOOK_MS)
    asked.length = 0
    await clock.advance(10 * LOOK_MS)
    expect(marks()).toBe(11)
    expect(asked).toEqual([])
  })

  it('wakes those whose record has changed, and nobody else', async () => {
    const { clock, watch, change } = lookoutOf()
    const [one, another] = [watch('one'), watch('another')]
    await clock.advance(LOOK_MS)
    const before = [one.woken(), another.woken()]
    change('one')
    await clock.advance(LOOK_MS)
    expect([one.woken(), another.woken()]).toEqual([(before[0] ?? 0) + 1, before[1]])
    await clock.advance(LOOK_MS)
    expect(one.woken()).toBe((before[0] ?? 0) + 1)
  })

  it('wakes all who watch one record, and asks for it once', async () => {
    const { clock, watch, change, asked } = lookoutOf()
    const watchers = [watch('one'), watch('one'), watch('one')]
    await clock.advance(LOOK_MS)
    change('one')
    await clock.advance(LOOK_MS)
    expect(watchers.map(({ woken }) => woken())).toEqual([2, 2, 2])
    expect(asked).toEqual([
      ['clips', 'one'],
      ['clips', 'one'],
    ])
  })

  it('asks for no more than 500 records at once, and tells clips from scripts', async () => {
    const { clock, watch, change, asked } = lookoutOf()
    for (let count = 0; count < 1001; count += 1) watch(`clip-${count}`)
    const script = watch('clip-1', 'scripts')
    await clock.advance(LOOK_MS)
    expect(asked.map(([of, ...ids]) => [of, ids.length])).toEqual([
      ['clips', 500],
      ['clips', 500],
      ['clips', 1],
      ['scripts', 1],
    ])
    change('clip-1')
    await clock.advance(LOOK_MS)
    expect(script.woken()).toBe(2)
  })

  it('wakes whoever watches all at each change', async () => {
    const { clock, lookout, change } = lookoutOf()
    let woken = 0
    lookout.watchAll(() => {
      woken += 1
    })
    await clock.advance(LOOK_MS)
    expect(woken).toBe(1)
    await clock.advance(LOOK_MS)
    expect(woken).toBe(1)
    change('one')
    await clock.advance(LOOK_MS)
    expect(woken).toBe(2)
  })

  it('looks only while somebody watches', async () => {
    const { clock, watch, marks, change } = lookoutOf()
    const first = watch('one')
    await clock.advance(LOOK_MS)
    first.end()
    await clock.atRest()
    expect(clock.sleeping()).toBe(0)
    change('one')
    await clock.advance(10 * LOOK_MS)
    expect([marks(), first.woken()]).toEqual([1, 1])
    const second = watch('one')
    await clock.advance(LOOK_MS)
    expect([marks(), second.woken()]).toEqual([2, 1])
  })

  it('goes on after a catalog that fails, and finds what has changed meanwhile', async () => {
    const { clock, watch, change, fail, errors } = lookoutOf()
    const one = watch('one')
    await clock.advance(LOOK_MS)
    fail(new Error('away'))
    await clock.advance(2 * LOOK_MS)
    expect(errors).toHaveLength(2)
    change('one')
    fail(undefined)
    await clock.advance(LOOK_MS)
    expect(one.woken()).toBe(2)
  })
})

import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTurns, TURNS_BETWEEN } from '#lib/server/turns.ts'

const something = () => true
const nothing = () => false

describe('turns', () => {
  it('start at once where nothing waits', () => {
    const started: string[] = []
    createTurns(nothing)(() => started.push('alone'))
    expect(started).toEqual(['alone'])
  })

  it('leave work that is under way most turns of the event loop, and keep the order', async () => {
    const startInTurn = createTurns(something)
    const startedAt: [name: string, turn: number][] = []
    let turn = 0
    for (const name of ['a', 'b', 'c']) startInTurn(() => startedAt.push([name, turn]))
    while (startedAt.length < 3) {
      await nextTurn()
      turn += 1
    }
    expect(startedAt.map(([name]) => name)).toEqual(['a', 'b', 'c'])
    const [, second = 0, third = 0] = startedAt.map(([, at]) => at)
    expect(second).toBeGreaterThanOrEqual(TURNS_BETWEEN - 1)
    expect(third - second).toBeGreaterThanOrEqual(TURNS_BETWEEN - 1)
  })

  it('start in the next turn where all that was started is over', async () => {
    const startInTurn = createTurns(nothing)
    const started: string[] = []
    for (const name of ['a', 'b', 'c']) startInTurn(() => started.push(name))
    expect(started).toEqual(['a'])
    await nextTurn()
    expect(started).toEqual(['a', 'b'])
    await nextTurn()
    expect(started).toEqual(['a', 'b', 'c'])
  })

  it('leave it turns again as soon as something is under way', async () => {
    let isUnderWay = false
    const startInTurn = createTurns(() => isUnderWay)
    let starts = 0
    for (let caller = 0; caller < 20; caller += 1) {
      startInTurn(() => {
        starts += 1
        // The third is a clip.
        if (starts === 3) isUnderWay = true
      })
    }
    for (let turn = 0; turn < 2 + TURNS_BETWEEN - 1; turn += 1) await nextTurn()
    expect(starts).toBe(3)
    await nextTurn()
    expect(starts).toBe(4)
  })

  it.each([20, 200])(
    'have work of 100 turns done after 14 starts at most beside %i callers',
    async (callers) => {
      const startInTurn = createTurns(something)
      let starts = 0
      let isDone = false
      // Each of them calls again as soon as it was answered.
      const call = () => {
        starts += 1
        if (!isDone) setImmediate(() => startInTurn(call))
      }
      for (let caller = 0; caller < callers; caller += 1) startInTurn(call)
      const before = starts
      for (let turn = 0; turn < 100; turn += 1) await nextTurn()
      isDone = true
      expect(starts - before).toBeLessThanOrEqual(Math.ceil(100 / TURNS_BETWEEN) + 1)
    },
  )

  it('go on after a pause', async () => {
    const startInTurn = createTurns(something)
    startInTurn(() => {})
    for (let turn = 0; turn < 2 * TURNS_BETWEEN; turn += 1) await nextTurn()
    const started: string[] = []
    startInTurn(() => started.push('later'))
    expect(started).toEqual(['later'])
  })
})

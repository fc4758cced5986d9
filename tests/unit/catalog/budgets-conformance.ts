import { describe, expect, it } from 'vitest'
import { HUNDRED, openMany, type Subject } from './catalog-subject.ts'

/** The daily budgets of every catalog. */
export function describeBudgets(subject: Subject) {
  const open = async () => (await subject.prepare())()

  describe('the daily budgets', () => {
    const today = { day: '2026-11-22', caller: 'one' }

    it('are spent to the last character and not beyond, by each caller and each day anew', async () => {
      const { budgets } = await open()
      expect(await budgets.spend({ ...today, characters: 101 }, 100)).toBe(false)
      expect(await budgets.spend({ ...today, characters: 60 }, 100)).toBe(true)
      expect(await budgets.spend({ ...today, characters: 41 }, 100)).toBe(false)
      expect(await budgets.spend({ ...today, characters: 40 }, 100)).toBe(true)
      expect(await budgets.spend({ ...today, caller: 'two', characters: 100 }, 100)).toBe(true)
      expect(await budgets.spend({ ...today, day: '2026-11-23', characters: 100 }, 100)).toBe(true)
    })

    it('get back the characters that were not spoken', async () => {
      const { budgets } = await open()
      await budgets.spend({ ...today, characters: 100 }, 100)
      await budgets.refund({ ...today, characters: 30 })
      expect(await budgets.spend({ ...today, characters: 31 }, 100)).toBe(false)
      expect(await budgets.spend({ ...today, characters: 30 }, 100)).toBe(true)
    })

    it('are never exceeded by a hundred who spend at once', async () => {
      const catalog = await openMany(subject)
      await catalog(0).budgets.spend({ ...today, day: '2026-11-21', characters: 1 }, 1000)
      const spent = await Promise.all(
        HUNDRED.map((index) => catalog(index).budgets.spend({ ...today, characters: 10 }, 255)),
      )
      expect(spent.filter(Boolean)).toHaveLength(25)
    })
  })
}

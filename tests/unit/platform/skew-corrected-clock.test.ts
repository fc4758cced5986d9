import { describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { createSkewCorrectedClock } from '#lib/platform/skew-corrected-clock.ts'
import { createLog } from '#lib/telemetry/log.ts'
import { newDatabase } from '../../support/servers/postgres-database.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const MINUTE_MS = 60_000
const postgresUrl = inject('postgresUrl')

function correctedClock() {
  const skews: number[] = []
  const clock = createSkewCorrectedClock({ ...systemClock, now: () => NOW }, (skewMs) => skews.push(skewMs))
  const read = (theirs: number, tookMs = 100) =>
    clock.align({ theirs, askedAt: NOW - tookMs / 2, answeredAt: NOW + tookMs / 2 })
  return { clock, read, skews }
}

describe('a clock that is corrected by another', () => {
  it('is that of the machine where the two differ by less than a second', () => {
    const { clock, read, skews } = correctedClock()
    for (const differenceMs of [0, 900, -900]) read(NOW + differenceMs)
    expect(clock.now()).toBe(NOW)
    expect(skews).toEqual([])
  })

  it.each([2 * MINUTE_MS, -2 * MINUTE_MS])('is the other one where the two differ by %i ms', (skewMs) => {
    const { clock, read, skews } = correctedClock()
    read(NOW + skewMs)
    read(NOW + skewMs + 300)
    expect(clock.now()).toBe(NOW + skewMs)
    expect(skews).toEqual([skewMs])
  })

  it('is that of the machine again once that is right', () => {
    const { clock, read, skews } = correctedClock()
    read(NOW + MINUTE_MS)
    read(NOW + 20)
    expect(clock.now()).toBe(NOW)
    expect(skews).toEqual([MINUTE_MS, 0])
  })

  it('ignores a reading that took longer than a second', () => {
    const { clock, read } = correctedClock()
    read(NOW + MINUTE_MS, 5000)
    expect(clock.now()).toBe(NOW)
  })

  it.skipIf(!postgresUrl)('follows the database in a running service, and logs that it does', async () => {
    const { url, drop } = await newDatabase(postgresUrl as string)
    onTestFinished(drop)
    const realTime = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: realTime - 2 * MINUTE_MS })
    onTestFinished(() => void vi.useRealTimers())
    const lines: string[] = []
    const log = createLog({
      level: 'info',
      scrub: (text) => text,
      destination: { write: (line) => void lines.push(line) },
    })
    const directory = await temporaryDirectory()
    const services = createServices(readConfig({ DATABASE_URL: url, TEMP_AUDIO_DIR: directory }), { log })
    onTestFinished(() => services.catalog.close())
    await services.catalog.check()
    expect(Math.abs(services.clock.now() - realTime)).toBeLessThan(MINUTE_MS)
    expect(lines.join('')).toContain('The clock of this machine is not that of the database')
  })
})

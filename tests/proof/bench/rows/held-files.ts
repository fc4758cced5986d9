import { newDirectory, type Service } from '../../../support/service.ts'
import { until } from '../../../support/until.ts'
import type { Bench, Build } from '../bench.ts'
import type { Measurement } from '../measurement.ts'
import type { Row } from '../row.ts'
import { fillWithHeldClips } from '../worlds/many-clips.ts'

const HELD = 100_000
const AFTER_A_WHILE = 20_000
const CLEAN_UPS = 3
/** One begins every second, or when the one before is over. */
const environment = { CLEANUP_INTERVAL_SECONDS: '1' }
const ready = 'ready after'
const cleanUp = 'from one clean-up to the next'

interface Contender {
  name: string
  build: Build
  directory: string
}

/** What clips whose bytes are here cost at the start and, where `cleanUps` are counted, each time when what is over is looked for. */
async function measure(
  bench: Bench,
  counts: { [name: string]: number },
  { rounds, cleanUps = 0 }: { rounds: number; cleanUps?: number },
): Promise<Measurement[]> {
  const contenders: Contender[] = []
  for (const build of bench.builds) {
    for (const [name, count] of Object.entries(counts)) {
      const directory = await newDirectory()
      const service = await bench.startOf(build)({ directory, environment })
      await service.kill()
      fillWithHeldClips(directory, count)
      contenders.push({ name: name ? `${name}, ${build.name}` : build.name, build, directory })
    }
  }
  const found = contenders.map(({ name }) => ({
    ready: { figure: ready, unit: 's', contender: name, values: [] as number[] },
    cleanUp: { figure: cleanUp, unit: 's', contender: name, values: [] as number[] },
  }))
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, { build, directory }] of contenders.entries()) {
      const startedAt = performance.now()
      const service = await bench.startOf(build)({ directory, environment })
      const readySeconds = (performance.now() - startedAt) / 1000
      // The first start brings the records up to date.
      if (round >= 0) found[index]?.ready.values.push(readySeconds)
      if (round === 0 && cleanUps > 0)
        found[index]?.cleanUp.values.push(...(await betweenCleanUps(service, cleanUps)))
      await service.kill()
    }
  }
  return found.flatMap((one) => [one.ready, one.cleanUp])
}

async function betweenCleanUps(service: Service, count: number): Promise<number[]> {
  const times = () =>
    service.log.filter(({ msg }) => msg === 'Cleaned up').map(({ time }) => Date.parse(time))
  await until('clean-ups', () => times().length > count, { timeoutMs: 120_000 })
  const [first = 0, ...others] = times().slice(0, count + 1)
  return others.map((time, index) => (time - ([first, ...others][index] as number)) / 1000)
}

const adds = (figure: string, seconds: number) => ({
  words: `${figure} ≤ +${seconds} s`,
  figure,
  against: 'empty',
  by: 'difference' as const,
  atMost: seconds,
})

export const heldFilesRows: Row[] = [
  {
    name: 'held-files',
    title: `${HELD.toLocaleString('en')} held files`,
    aims: [adds(ready, 0.3), adds(cleanUp, 0.3)],
    run: (bench) => measure(bench, { empty: 0, '': HELD }, { rounds: bench.longRounds, cleanUps: CLEAN_UPS }),
  },
  {
    name: 'start-with-clips',
    title: `ready with ${AFTER_A_WHILE.toLocaleString('en')} clips`,
    aims: [adds(ready, 0.1)],
    heldBackBy:
      'it does not grow with the clips, as 100,000 held files show. The comparison of files and records begins right behind readiness, on the core that answers whoever asks for it.',
    run: (bench) => measure(bench, { empty: 0, '': AFTER_A_WHILE }, bench),
  },
]

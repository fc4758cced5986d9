import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { type Catalog, createCatalog } from '#lib/catalog/catalog.ts'
import type { Connector } from '#lib/catalog/connection.ts'
import type { Dialect } from '#lib/catalog/migrations/dialect.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { startPostgres } from '../support/servers/postgres.ts'
import { newDatabase } from '../support/servers/postgres-database.ts'
import { fastDirectory } from '../support/temporary-directory.ts'
import { createCycles, medianOf, type Operation, operations } from './claim/cycles.ts'
import { fill, type Scene } from './claim/fill.ts'
import { explained } from './claim/plans.ts'

const SIZES = [1_000, 100_000, 1_000_000]
const WARM_UP = 50
const ROUNDS = 400
const MAX_RATIO = 1.5
const names = { sqlite: 'SQLite', postgres: 'Postgres' }

interface Contender {
  dialect: Dialect
  scene: Scene
  count: number
  catalog: Catalog
  url: string
  cycle: (operation: Operation) => Promise<number>
}

/** `npm run bench:claim`: what a claim costs with few and with many clips, in turns in one run. */
async function main(): Promise<void> {
  const directory = await mkdtemp(path.join(fastDirectory(), 'voicepin-claim-'))
  const server = await startPostgres()
  const now = Date.now()
  const contenders: Contender[] = []
  async function enter(dialect: Dialect, scene: Scene, count: number) {
    const url =
      dialect === 'postgres'
        ? (await newDatabase(server.url)).url
        : path.join(directory, `${scene}-${count}.sqlite`)
    // To fill it takes longer than a service would wait.
    const connect = (): Connector =>
      dialect === 'postgres' ? postgresServer(`${url}?statement_timeout=3600000`) : sqliteFile(url)
    const begun = performance.now()
    await fill(connect(), { dialect, scene, count, now })
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    console.log(`${names[dialect]}, ${scene}: ${count} clips in ${seconds} s`)
    const catalog = createCatalog(connect())
    contenders.push({ dialect, scene, count, catalog, url, cycle: createCycles(catalog, now) })
  }
  try {
    console.log(`${availableParallelism()} cores, ${ROUNDS} turns each\n`)
    for (const dialect of ['sqlite', 'postgres'] as const) {
      for (const scene of ['mixed', 'outage'] as const) {
        for (const count of SIZES) await enter(dialect, scene, count)
      }
    }
    const isFlat = report(contenders, await measure(contenders))
    await showPlans(contenders, now)
    if (!isFlat) process.exitCode = 1
  } finally {
    for (const { catalog } of contenders) await catalog.close()
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

type Times = Map<string, number[]>
const keyOf = ({ dialect, scene, count }: Contender, operation: Operation) =>
  [operation, dialect, scene, count].join()

async function measure(contenders: Contender[]): Promise<Times> {
  const times: Times = new Map()
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const operation of operations) {
      for (const contender of shuffled(contenders)) {
        const tookMs = await contender.cycle(operation)
        const key = keyOf(contender, operation)
        if (round >= 0) times.set(key, [...(times.get(key) ?? []), tookMs])
      }
    }
  }
  return times
}

/** In another order each time: whoever follows upon another database finds the processor cold. */
function shuffled<T>(all: T[]): T[] {
  return all
    .map((one) => ({ one, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one)
}

/** Prints a table. Returns whether all is within bounds. */
function report(contenders: Contender[], times: Times): boolean {
  let isFlat = true
  for (const operation of operations) {
    console.log(`\n| ${operation} | clips | scene | median ms | ratio to the smallest |`)
    console.log('| --- | ---: | --- | ---: | ---: |')
    let smallestMs = 0
    for (const contender of contenders) {
      const { dialect, scene, count } = contender
      const medianMs = medianOf(times.get(keyOf(contender, operation)) ?? [])
      if (count === SIZES[0]) smallestMs = medianMs
      const ratio = medianMs / smallestMs
      isFlat &&= ratio <= MAX_RATIO
      const figures = `${medianMs.toFixed(3)} | ${ratio.toFixed(2)}`
      console.log(`| ${names[dialect]} | ${count.toLocaleString('en')} | ${scene} | ${figures} |`)
    }
  }
  console.log(isFlat ? '\nFlat.' : `\nNOT flat: a ratio is above ${MAX_RATIO}.`)
  return isFlat
}

async function showPlans(contenders: Contender[], now: number) {
  const largest = contenders.filter(({ dialect, count }) => dialect === 'postgres' && count === SIZES.at(-1))
  for (const { catalog, url, scene, count } of largest) {
    console.log(`\nPlans of Postgres with ${count.toLocaleString('en')} clips, ${scene}`)
    for (const { title, plan } of await explained(catalog, url, now)) console.log(`\n-- ${title}\n${plan}`)
  }
}

await main()

import type { Environment } from '../../support/program.ts'
import { type Service, startService } from '../../support/service.ts'
import { ServiceOutput } from '../../support/service-output.ts'
import type { Cores } from './measure/cores.ts'
import { type LoadResult, load, type Target, together } from './measure/load.ts'
import type { BuildName, Measurement } from './measurement.ts'

/** After so many calls the code of both sides is compiled, ours being the longer; for the next row there is less new. */
const WARM_UP = { answers: 10_000, seconds: 5 }
const WARM_UP_AGAIN = { answers: 2000, seconds: 1 }
/** How often contenders take turns in a round: what others do on the machine lasts for seconds, and should meet them all. */
const TURNS_A_ROUND = 3
/** Of what a service says. */
const KEPT_CHARACTERS = 100_000

/** One checkout that is built. */
export interface Build {
  name: BuildName
  root: string
}

/** How a row starts the service of a build; it is stopped when the row is over. */
export type Start = (options?: {
  environment?: Environment
  directory?: string
  prefix?: string[]
}) => Promise<Service>

interface Settings {
  builds: Build[]
  /** How often each contender has its turn. */
  rounds: number
  /** The same where one turn takes long: once, unless more was asked for. */
  longRounds: number
  cores: Cores
}

/** What the rows of one run share. */
export class BenchRun implements AsyncDisposable {
  readonly settings: Settings
  /** Processes whose code is compiled. */
  readonly warm = new Set<number>()
  #made: { make: unknown; world: AsyncDisposable } | undefined

  constructor(settings: Settings) {
    this.settings = settings
  }

  /** The same world for the rows that ask for it one after the other. */
  async world<T extends AsyncDisposable>(make: (bench: Bench) => Promise<T>, bench: Bench): Promise<T> {
    if (this.#made?.make === make) return this.#made.world as T
    await this[Symbol.asyncDispose]()
    const world = await make(bench)
    this.#made = { make, world }
    return world
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made?.world[Symbol.asyncDispose]()
    this.#made = undefined
  }
}

/** What one row measures with. */
export class Bench implements AsyncDisposable {
  readonly builds: Build[]
  readonly rounds: number
  readonly longRounds: number
  readonly cores: Cores
  /** Resolves when the row does nothing any more but wait, so that the next ones may begin. */
  readonly onlyWaits = Promise.withResolvers<void>()
  readonly #run: BenchRun
  readonly #row = new AsyncDisposableStack()

  constructor(run: BenchRun) {
    const { builds, rounds, longRounds, cores } = run.settings
    this.builds = builds
    this.rounds = rounds
    this.longRounds = longRounds
    this.cores = cores
    this.#run = run
  }

  /** Has what a row has started stopped when it is over. */
  use<T extends AsyncDisposable | null | undefined>(resource: T): T {
    return this.#row.use(resource)
  }

  defer(work: () => Promise<unknown>): void {
    this.#row.defer(async () => void (await work()))
  }

  /** The same world for the rows that ask for it one after the other. */
  shared<T extends AsyncDisposable>(make: (bench: Bench) => Promise<T>): Promise<T> {
    return this.#run.world(make, this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#row.disposeAsync()
  }

  /** Starts the service of a build on the servers' core, for as long as the row. */
  startOf({ root }: Build): Start {
    return async (options = {}) => {
      const service = await startPinned(this, root, options)
      this.defer(() => service.kill())
      return service
    }
  }

  /** Has each of the targets under load in turn, round after round, for so many seconds a round. */
  async inTurns(
    targets: Target[],
    { connections = 20, seconds = 1.5 }: { connections?: number; seconds?: number } = {},
  ): Promise<Measurement[]> {
    for (const target of targets) await this.warmUp(target, connections)
    const rates = targets.map(({ name }) => blank(name, 'requests a second', '/s'))
    const costs = targets.map(({ name }) => blank(name, 'CPU a request', 'ms'))
    for (let round = 0; round < this.rounds; round += 1) {
      const results: LoadResult[][] = targets.map(() => [])
      for (let turn = 0; turn < TURNS_A_ROUND; turn += 1) {
        for (const [index, target] of targets.entries()) {
          results[index]?.push(await load(target, { connections, seconds: seconds / TURNS_A_ROUND }))
        }
      }
      for (const [index, ofTarget] of results.entries()) {
        const result = together(ofTarget)
        const rate = rates[index] as Measurement
        if (result.otherCpuSeconds > result.serverCpuSeconds) rate.isLoadBound = true
        rate.values.push(result.answers / result.seconds)
        costs[index]?.values.push((1000 * result.serverCpuSeconds) / result.answers)
      }
    }
    return [...rates, ...costs]
  }

  /** Has its code compiled, as far as that was not done for a row before. */
  async warmUp(target: Target, connections: number): Promise<void> {
    const { warm } = this.#run
    await load(target, { connections, ...(warm.has(target.processId) ? WARM_UP_AGAIN : WARM_UP) })
    warm.add(target.processId)
  }

  /** Measures each build in turn, round after round: `measure` gives values by the names of figures. */
  async perBuild(
    units: Record<string, string>,
    measure: (build: Build) => Promise<Record<string, number>>,
    rounds = this.rounds,
  ): Promise<Measurement[]> {
    const found = this.builds.flatMap(({ name }) =>
      Object.entries(units).map(([figure, unit]) => blank(name, figure, unit)),
    )
    for (let round = 0; round < rounds; round += 1) {
      for (const build of this.builds) {
        const values = await measure(build)
        for (const { contender, figure, values: all } of found) {
          const value = values[figure]
          if (contender === build.name && value !== undefined) all.push(value)
        }
      }
    }
    return found
  }
}

/** Starts the service of a checkout on the servers' core. */
export function startPinned(
  { cores }: Pick<Bench, 'cores'>,
  root: string,
  { environment, directory, prefix = [] }: Parameters<Start>[0] & object = {},
): Promise<Service> {
  return startService({
    root,
    prefix: [...cores.serverPrefix, ...prefix],
    environment: { RATE_LIMIT_PER_MINUTE: '100000000', ...environment },
    output: new ServiceOutput({ keptCharacters: KEPT_CHARACTERS }),
    ...(directory && { directory }),
  })
}

const blank = (contender: string, figure: string, unit: string): Measurement => ({
  figure,
  unit,
  contender,
  values: [],
})

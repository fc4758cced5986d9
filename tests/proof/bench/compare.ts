import { cpus } from 'node:os'
import autocannon from 'autocannon'

export interface Contender {
  name: string
  url: string
  options?: Partial<autocannon.Options>
}

export interface Turns {
  rounds: number
  sliceSeconds: number
  connections: number
}

/**
 * Has the contenders go in turns, and prints requests a second of each, how many times the first one's that is, and how
 * busy the machine was with them and everything that they need.
 */
export async function compare(title: string, contenders: Contender[], turns: Turns): Promise<void> {
  const totals = contenders.map(() => ({ perSecond: 0, busy: 0 }))
  for (let round = 0; round < turns.rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const { perSecond, busy } = await measure(contender, turns)
      const total = totals[index] as (typeof totals)[number]
      total.perSecond += perSecond / turns.rounds
      total.busy += busy / turns.rounds
    }
  }
  console.log(title)
  for (const [index, { name }] of contenders.entries()) {
    const { perSecond, busy } = totals[index] as (typeof totals)[number]
    const ratio = perSecond / (totals[0]?.perSecond ?? 1)
    const figures = [`${perSecond.toFixed(0)}/s`, `${ratio.toFixed(2)}×`, `${(100 * busy).toFixed(0)} % busy`]
    console.log(`  ${name.padEnd(44)}${figures.map((figure) => figure.padStart(11)).join('')}`)
  }
  console.log()
}

async function measure({ url, options }: Contender, { sliceSeconds, connections }: Turns) {
  const before = processorTimes()
  const result = await autocannon({ url, duration: sliceSeconds, connections, ...options })
  const after = processorTimes()
  const failed = result.errors + result.non2xx
  if (failed > 0) throw new Error(`${url}: ${failed} requests failed`)
  return {
    perSecond: result.requests.average,
    busy: 1 - (after.idle - before.idle) / (after.all - before.all),
  }
}

/** Of all cores together. */
function processorTimes() {
  const times = cpus().map((cpu) => cpu.times)
  const idle = times.reduce((sum, time) => sum + time.idle, 0)
  return { idle, all: times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, idle) }
}

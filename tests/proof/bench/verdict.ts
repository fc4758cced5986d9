import { median } from './measure/quantile.ts'
import type { Aim, BuildName, Measurement } from './measurement.ts'
import type { RowResult } from './row.ts'

/** The middle of the rounds, and how far they are apart. */
export interface Spread {
  median: number
  min: number
  max: number
}

/** What an aim looks at. */
export interface Verdict {
  /** What the builds are held against, as far as it was measured. */
  anchor?: Measurement
  before?: Standing
  now?: Standing
  isReached: boolean
}

/** Where a build stands. */
export interface Standing {
  measured: Measurement
  /** The figure itself, its ratio to or its difference from the anchor's, round by round. */
  compared: Spread
}

export function verdictOf({ measurements }: Pick<RowResult, 'measurements'>, aim: Aim): Verdict {
  const of = (contender: string) =>
    measurements.find(
      (one) => one.figure === aim.figure && one.contender === contender && one.values.length > 0,
    )
  const anchorOf = (build: BuildName) =>
    aim.against === undefined ? undefined : (of(aim.against) ?? of(`${aim.against}, ${build}`))
  const standing = (build: BuildName): Standing | undefined => {
    const measured = of(build)
    const anchor = anchorOf(build)
    if (!measured || (aim.against !== undefined && !anchor)) return undefined
    return { measured, compared: spreadOf(compare(aim, measured.values, anchor?.values)) }
  }
  const now = standing('now')
  const before = standing('before')
  const anchor = anchorOf('now')
  return {
    ...(anchor && { anchor }),
    ...(before && { before }),
    ...(now && { now }),
    isReached: now !== undefined && isWithin(aim, now.compared.median),
  }
}

export function spreadOf(values: number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** Values of one round stand beside one another. */
function compare({ by }: Aim, values: number[], anchors: number[] | undefined): number[] {
  if (!anchors) return values
  const pairs = values
    .slice(0, anchors.length)
    .map((value, round) => [value, anchors[round] as number] as const)
  return pairs.map(([value, anchor]) => (by === 'difference' ? value - anchor : value / anchor))
}

const isWithin = (
  { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Aim,
  value: number,
) => value >= atLeast && value <= atMost

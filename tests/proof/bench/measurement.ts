/** The builds that are measured: this checkout, and with `--before` another one. */
export type BuildName = 'now' | 'before'

/** What one contender reached, one value for each round; values of one round were measured beside one another. */
export interface Measurement {
  /** What was measured, such as `requests a second`. */
  figure: string
  /** Such as `ms` or `/s`. */
  unit: string
  /** A build, or what it is held against. */
  contender: BuildName | (string & {})
  values: number[]
  /** Whether the load was busy all the time and the server was not: it could have done more. */
  isLoadBound?: boolean
}

/** What is wanted of `now`: of a figure itself, or of its ratio to or difference from that of another contender. */
export interface Aim {
  /** As the table says it, such as `≥ 0.8 × bare handler`. */
  words: string
  figure: string
  /** A contender; where each build has one of its own, without `, now` and `, before`. */
  against?: string
  by?: 'ratio' | 'difference'
  atLeast?: number
  atMost?: number
}

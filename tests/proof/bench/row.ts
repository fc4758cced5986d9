import type { Bench } from './bench.ts'
import type { Aim, Measurement } from './measurement.ts'

/** One line of the table. */
export interface Row {
  /** For `--only`. */
  name: string
  title: string
  aims: Aim[]
  /** What holds it back, which is said where an aim is missed. */
  heldBackBy?: string
  run(bench: Bench): Promise<Measurement[]>
}

/** A row and what came of it. */
export interface RowResult extends Omit<Row, 'run'> {
  measurements: Measurement[]
  /** Why it could not be measured. */
  failure?: string
}

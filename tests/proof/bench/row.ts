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
  /** Whether its figures are the same on a busy machine: counts, memory, the processor time of those who wait. */
  isIndifferent?: boolean
  run(bench: Bench): Promise<Measurement[]>
}

/** A row and what came of it. */
export interface RowResult extends Omit<Row, 'run'> {
  measurements: Measurement[]
  /** Why it could not be measured. */
  failure?: string
}

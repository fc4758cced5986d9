import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Schema } from './schema.ts'

interface Buildable<Row> {
  compile(): CompiledQuery<Row>
}

/** Stands for a value while a query is built. */
class Slot {
  readonly index: number
  constructor(index: number) {
    this.index = index
  }
}

/**
 * A query that is built and compiled once for each database and each set of names in `given`, since that takes longer than
 * to run it. `given` is made of objects and lists, with numbers, text and `null` in them, of which `build` makes parameters;
 * it cannot look at them, but may see what is `undefined`.
 */
export function prepared<Given extends object, Row>(
  build: (db: Kysely<Schema>, given: Given) => Buildable<Row>,
): (db: Kysely<Schema>, given: Given) => Promise<QueryResult<Row>> {
  const known = new WeakMap<object, Map<string, CompiledQuery<Row>>>()

  return (db, given) => {
    // The same in all transactions of a database.
    const { adapter } = db.getExecutor()
    const queries = known.get(adapter) ?? new Map<string, CompiledQuery<Row>>()
    known.set(adapter, queries)
    const values: unknown[] = []
    const shape = read(given, values)
    const query = queries.get(shape) ?? build(db, withSlots(given, { count: 0 }) as Given).compile()
    queries.set(shape, query)
    const parameters = query.parameters.map((value) => (value instanceof Slot ? values[value.index] : value))
    return db.executeQuery<Row>({ ...query, parameters })
  }
}

/** Adds the values in `given` to `values`. Returns which names they have. */
function read(given: unknown, values: unknown[]): string {
  if (typeof given !== 'object' || given === null) {
    values.push(given)
    return '?'
  }
  let shape = ''
  for (const name of Object.keys(given)) {
    const value = (given as Record<string, unknown>)[name]
    if (value !== undefined) shape += `${name}:${read(value, values)},`
  }
  return `(${shape})`
}

/** The same with slots for its values, numbered in the order in which `read` finds them. */
function withSlots(given: unknown, slots: { count: number }): unknown {
  if (typeof given !== 'object' || given === null) {
    slots.count += 1
    return new Slot(slots.count - 1)
  }
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  const replaced = entries.map(([name, value]) => [name, withSlots(value, slots)] as const)
  return Array.isArray(given) ? replaced.map(([, value]) => value) : Object.fromEntries(replaced)
}

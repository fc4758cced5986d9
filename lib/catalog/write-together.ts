interface Together<Row> {
  /** Resolves once `row` is written. Rejects with what writing it throws. */
  add(row: Row): Promise<void>
  /** Writes at once what waits. Never rejects: those who have added a row learn of it. */
  flush(): Promise<void>
}

/** Writes rows that come within `afterMs` of each other together: a transaction costs more than a row in it. */
export function writeTogether<Row>(
  write: (rows: Row[]) => Promise<void>,
  { afterMs }: { afterMs: number },
): Together<Row> {
  let waiting: { rows: Row[]; begin: () => void; written: Promise<void> } | undefined
  let last: Promise<void> = Promise.resolve()

  function wait() {
    const rows: Row[] = []
    const due = Promise.withResolvers<void>()
    const timer = setTimeout(due.resolve, afterMs)
    const written = due.promise.then(() => {
      clearTimeout(timer)
      waiting = undefined
      return write(rows)
    })
    last = written.catch(() => {})
    return { rows, begin: due.resolve, written }
  }

  return {
    add(row) {
      waiting ??= wait()
      waiting.rows.push(row)
      return waiting.written
    },
    async flush() {
      waiting?.begin()
      await last
    },
  }
}

/**
 * Has callers share the runs of `sync`: a call resolves after a run that began after it, and all calls that are made while
 * one run goes on share the next. A run that fails fails for all who share it, and for nobody else.
 */
export function createGroupSync(sync: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const begin = () => {
    running = next ?? running
    next = undefined
    return sync()
  }
  return () => {
    next ??= running.then(begin, begin)
    return next
  }
}

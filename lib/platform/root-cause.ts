/** The innermost cause of an error: `fetch` itself says no more than "fetch failed". What is no error becomes one. */
export function rootCause(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0]
  return error.cause instanceof Error ? rootCause(error.cause) : error
}

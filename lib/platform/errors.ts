/**
 * The base of every error class of this project: `class CatalogError extends markedError('CatalogError') {}`.
 *
 * Ask `CatalogError.isInstance(error)`, never `instanceof`: the framework loads a module more than once a process, so
 * that one class exists several times. `isInstance` looks for a mark that all copies of the class put on their errors.
 *
 * `name` is given as text, since a minifier changes the names of classes.
 */
export function markedError<const Name extends string>(name: Name) {
  const mark = Symbol.for(`voicepin.error.${name}`)
  return class extends Error {
    override readonly name: Name = name

    constructor(message?: string, options?: ErrorOptions) {
      super(message, options)
      // Not enumerable: it is not printed with the error.
      Object.defineProperty(this, mark, { value: true })
    }

    /** Whether `error` is one of this class, whichever copy of the module has thrown it. */
    static isInstance<E extends Error>(this: { readonly prototype: E }, error: unknown): error is E {
      return error instanceof Error && mark in error
    }
  }
}

/** The message of anything that was thrown, with the message of its cause where that says more. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? error.cause.message : undefined
  return cause && !error.message.includes(cause) ? `${error.message}: ${cause}` : error.message
}

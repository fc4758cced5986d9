/** What a request that has no body consists of. */
interface Facts {
  url: string
  method: string
  /** By lower-case names, as Node.js has read them. */
  headers: NodeJS.Dict<string | string[]>
  /** Asked for once, and only where somebody wants to know. */
  signalOf(): AbortSignal
}

/**
 * The `Request` of a `GET` or `HEAD`, in a fraction of the time: nearly all that handlers ask for are its URL, its method and
 * some headers. Whatever else is asked for comes from a real one, which is made then.
 */
class ReadRequest {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly #facts: Facts
  #signal: AbortSignal | undefined

  constructor(facts: Facts) {
    this.url = facts.url
    this.method = facts.method
    this.headers = new ReadHeaders(facts.headers) as unknown as Headers
    this.#facts = facts
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#facts.signalOf()
    return this.#signal
  }

  real(): Request {
    const { url, method, headers, signal } = this
    return new Request(url, { method, headers: [...headers], signal })
  }
}

/** The `Headers` of a message, of which two or three are asked for. */
class ReadHeaders {
  readonly #all: Facts['headers']
  #real: Headers | undefined

  constructor(all: Facts['headers']) {
    this.#all = all
  }

  get(name: string): string | null {
    if (this.#real) return this.#real.get(name)
    const key = name.toLowerCase()
    const value = Object.hasOwn(this.#all, key) ? this.#all[key] : undefined
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  /** From now on there is no other: it may be changed. */
  real(): Headers {
    this.#real ??= new Headers(
      Object.keys(this.#all).flatMap((name) => {
        const value = this.get(name)
        return value === null ? [] : [[name, value] as [string, string]]
      }),
    )
    return this.#real
  }
}

completeBy(ReadRequest.prototype, Request.prototype)
completeBy(ReadHeaders.prototype, Headers.prototype)

/** Makes `standIn` one of the class of `real`, and has what it lacks asked of the real one of each object. */
function completeBy(standIn: { real(): object }, real: object): void {
  Object.setPrototypeOf(standIn, real)
  for (const name of Reflect.ownKeys(real)) {
    if (Object.hasOwn(standIn, name)) continue
    Object.defineProperty(standIn, name, {
      get(this: typeof standIn) {
        const target = this.real()
        const found = Reflect.get(target, name)
        return typeof found === 'function' ? found.bind(target) : found
      },
    })
  }
}

/** Makes the `Request` of a `GET` or `HEAD`. */
export const readRequest = (facts: Facts) => new ReadRequest(facts) as unknown as Request

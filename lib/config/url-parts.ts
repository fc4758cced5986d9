import { readFileSync } from 'node:fs'

export interface Host {
  host: string
  /** `undefined`: the usual one. */
  port: number | undefined
}

const PARTS = /^([a-z][a-z\d+.-]*:\/\/)(?:([^/?#]*)@)?([^/?#@]*)(.*)$/i

/**
 * Reads a URL that may name several hosts, with commas between them, as those of Postgres and of Redis Sentinel do.
 * `url` is the same with the first of them alone; `undefined` where it is no such URL.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function readHosts(value: string): { url: URL; hosts: Host[] } | undefined {
  const [, scheme = '', user, names = '', rest = ''] = PARTS.exec(value) ?? []
  const hosts = names.split(',').map((name) => URL.parse(`${scheme}${name}`))
  const url = URL.parse(`${scheme}${user === undefined ? '' : `${user}@`}${names.split(',')[0]}${rest}`)
  if (!url || hosts.includes(null)) return undefined
  return {
    url,
    hosts: (hosts as URL[]).map(({ hostname, port }) => ({
      host: decodeURIComponent(hostname.replace(/^\[(.*)\]$/, '$1')),
      port: port === '' ? undefined : Number(port),
    })),
  }
}

/** The parameters of a URL, each of which is either taken or refused by its name: none is dropped silently. */
export function readParameters(url: URL, taken: readonly string[]): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const [name, value] of url.searchParams) {
    if (!taken.includes(name)) {
      throw new Error(`${name}: is no parameter that this service knows, takes one of ${taken.join(', ')}`)
    }
    if (parameters.has(name)) throw new Error(`${name}: got two values, takes one`)
    parameters.set(name, value)
  }
  return parameters
}

/** The text of the file that a parameter names, such as a certificate. */
export function fileOf(parameters: ReadonlyMap<string, string>, name: string): string | undefined {
  const file = parameters.get(name)
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`${name}: got ${JSON.stringify(file)}, takes a file that can be read`, { cause })
  }
}

/** The value of a parameter that has a few words to choose from. */
export function oneOfWords<const T extends string>(
  parameters: ReadonlyMap<string, string>,
  name: string,
  words: readonly T[],
): T | undefined {
  const value = parameters.get(name)
  if (value === undefined || words.includes(value as T)) return value as T | undefined
  throw new Error(`${name}: got ${JSON.stringify(value)}, takes one of ${words.join(', ')}`)
}

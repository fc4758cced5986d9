import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { readHosts } from './url-parts.ts'

/** How one variable is read, and what the error says of a malformed value. */
export interface Variable<T> {
  schema: z.ZodType<T>
  /** Ends the sentence `PORT: got "x", takes …`, or `KUBO_RPC_URL: got a value that is not …` where that is secret. */
  takes: string
  /**
   * Declares the variable secret: gives what of its value no log line and no answer may show. A malformed value of such a
   * variable is not repeated.
   */
  secretsIn?: ((value: T) => string[]) | undefined
}

export const text: Variable<string> = { schema: z.string(), takes: 'text' }
export const secretText: Variable<string> = { ...text, secretsIn: (value) => [value] }

/** A secret that travels in a header: of all others the receiver would get something else, or `fetch` would refuse them. */
export const headerSecret = (minLength = 1): Variable<string> => ({
  schema: z
    .string()
    .min(minLength)
    .regex(/^[\x20-\x7e]+$/),
  takes: `${minLength > 1 ? `at least ${minLength} ` : ''}printable ASCII characters`,
  secretsIn: (value) => [value],
})

export const url: Variable<string> = {
  schema: z
    .url({ protocol: /^https?$/ })
    .refine(hasReadableUser)
    .transform((value) => value.replace(/\/+$/, '')),
  takes: 'an http or https URL',
  secretsIn: passwordsIn,
}

/** A URL that others get to see, or that carries nobody's credentials. */
export const plainUrl: Variable<string> = {
  schema: url.schema.refine((value) => !/^https?:\/\/[^/?#]*@/.test(value)),
  takes: 'an http or https URL without a user name and password',
  secretsIn: passwordsIn,
}

/** Where somebody is to be reached, for everybody to see. */
export const contact: Variable<string> = {
  schema: z.union([
    z.string().regex(/^mailto:[^\s@]+@[^\s@]+$/),
    z.url({ protocol: /^https$/ }).refine((value) => !/^https:\/\/[^/?#]*@|\s/.test(value)),
  ]),
  takes: 'a mailto: address or an https URL without a user name and password',
  secretsIn: passwordsIn,
}

/** May name several hosts. What its parts say is read, and refused, by who connects. */
const urlOfHosts = (protocol: RegExp, takes: string): Variable<string> => ({
  schema: z.string().refine((value) => {
    const url = readHosts(value)?.url
    return url !== undefined && protocol.test(url.protocol) && hasReadableUser(url.href)
  }),
  takes,
  secretsIn: (value) => passwordsIn(readHosts(value)?.url.href ?? value),
})

export const postgresUrl = urlOfHosts(
  /^postgres(ql)?:$/,
  'a URL such as postgres://user:password@host:5432/voicepin',
)

export const redisUrl = urlOfHosts(
  /^rediss?(\+sentinel)?:$/,
  'a URL such as redis://host:6379/0 with the number of a database, rediss:// for TLS, or redis+sentinel://host:26379,host:26379/NAME',
)

/** Whether user name and password are percent-encoded as they should be: they travel as a header. */
function hasReadableUser(value: string): boolean {
  try {
    const { username, password } = new URL(value)
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

/** The passwords and tokens in a URL and its query, as they are written there and as they are meant. User names are none. */
function passwordsIn(value: string): string[] {
  const url = URL.parse(value)
  if (!url) return []
  const written = url.search.slice(1).split('&')
  const inQuery = [...url.searchParams].flatMap(([name, meant], index) =>
    secretParameter.test(name) ? [meant, (written[index] ?? '').replace(/^[^=]*=/, '')] : [],
  )
  const { password } = url
  return [password, decodeURIComponent(password), ...inQuery].filter((secret) => secret !== '')
}

const secretParameter = /pass(word|wd|phrase)?$|token$|secret$|api_?key$|signature$/i

export const host: Variable<string> = {
  schema: z.string().refine((value) => ipaddr.isValid(value) || /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(value)),
  takes: 'an IP address or a host name',
}

export const gateway: Variable<string> = {
  schema: z.union([z.literal('self'), plainUrl.schema]),
  takes: 'an http or https URL without a user name and password, or self',
  secretsIn: passwordsIn,
}

export const flag: Variable<boolean> = {
  schema: z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] }),
  takes: 'true or false',
}

/** JSON such as `{"<voiceId>": {"openai": "alloy"}}`: by voice, then by one of `vendors`. */
export function voiceMap<Vendor extends string>(
  vendors: readonly Vendor[],
): Variable<Record<string, { [Name in Vendor]?: string }>> {
  const voices = z.strictObject(
    Object.fromEntries(vendors.map((name) => [name, z.string().min(1).optional()])),
  )
  const schema = z
    .string()
    .transform((value, context) => {
      try {
        return JSON.parse(value) as unknown
      } catch {
        context.addIssue('is no JSON')
        return z.NEVER
      }
    })
    .pipe(z.record(z.string(), voices))
  return {
    schema: schema as unknown as Variable<Record<string, { [Name in Vendor]?: string }>>['schema'],
    takes: `JSON such as {"21m00Tcm4TlvDq8ikWAM": {"${vendors.at(-1)}": "slt"}}: for a voice, or * for any other, one voice of each of ${vendors.join(', ')}`,
  }
}

export const chance: Variable<number> = {
  schema: z
    .string()
    .regex(/^\d*\.?\d+$/)
    .transform(Number)
    .pipe(z.number().min(0).max(1)),
  takes: 'a number from 0 to 1',
}

export const whole = (min: number, max = Number.MAX_SAFE_INTEGER): Variable<number> => ({
  schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)),
  takes: `a whole number ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`}`,
})

/** Node's timers hold at most this many milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1
export const durationMs = (min = 1): Variable<number> => whole(min, MAX_TIMER_MS)
/** A wait that jitter may stretch by a fifth. */
export const waitMs = whole(0, Math.floor(MAX_TIMER_MS / 1.2))

export const oneOf = <const T extends string>(...values: T[]): Variable<T> => ({
  schema: z.enum(values),
  takes: `one of ${values.join(', ')}`,
})

/** Items with commas between them; empty ones do not count. */
export function list<T>(item: Variable<T>, takes: string): Variable<T[]> {
  const { secretsIn } = item
  return {
    schema: z
      .string()
      .transform((value) =>
        value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      )
      .pipe(z.array(item.schema as z.ZodType<T, string>)),
    takes,
    secretsIn: secretsIn && ((values) => values.flatMap(secretsIn)),
  }
}

export const distinct = <T>(variable: Variable<T[]>): Variable<T[]> => ({
  ...variable,
  schema: variable.schema.refine((values) => new Set(values).size === values.length),
})

/** Where a node of the IPFS network can be reached: https://github.com/multiformats/multiaddr. */
const multiaddr: Variable<string> = {
  schema: z.string().regex(/^(\/[a-z0-9-]+(\/[^/\s]+)?)+$/i),
  takes: 'a multiaddr',
}
export const multiaddrs: Variable<string[]> = distinct({
  ...list(
    multiaddr,
    'a comma-separated list of at most 20 multiaddrs, each once, such as /dns4/node.example/tcp/4001/p2p/12D3Koo…',
  ),
  schema: list(multiaddr, '').schema.refine((values) => values.length <= 20),
})

export const trustedProxies: Variable<number | string[]> = {
  schema: z.union([
    z
      .string()
      .regex(/^\d{1,2}$/)
      .transform(Number),
    list({ schema: z.string().refine(isAddressRange), takes: '' }, '').schema,
  ]),
  takes:
    'how many proxies stand in front, or a comma-separated list of their addresses, such as 10.0.0.0/8,::1',
}

function isAddressRange(value: string): boolean {
  return value.includes('/') ? ipaddr.isValidCIDR(value) : ipaddr.isValid(value)
}

/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
export const webhookSecretText: Variable<string> = {
  schema: z.string().regex(/^(whsec_)?[A-Za-z0-9+/]{32,88}={0,2}$/),
  takes: 'whsec_ and 24 to 64 bytes in base64',
  secretsIn: (value) => [value, value.replace(/^whsec_/, '')],
}

/** As OpenTelemetry has it: the values are percent-encoded. */
export const headerList: Variable<Record<string, string>> = {
  schema: z.string().transform((value, context) => {
    try {
      return Object.fromEntries(value.split(',').map(readHeader))
    } catch {
      context.addIssue('is not a list of headers')
      return z.NEVER
    }
  }),
  takes: 'a comma-separated list of name=value',
  secretsIn: (headers) => Object.values(headers),
}

function readHeader(pair: string): [string, string] {
  const [, name, value] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(.*)$/.exec(pair) ?? []
  if (!name || value === undefined) throw new Error(pair)
  return [name, decodeURIComponent(value.trim())]
}

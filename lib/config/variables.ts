import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { markedError } from '#lib/platform/errors.ts'

const secret = Symbol('secret')

/** What one variable may say: how it is read, and how that is told to somebody who got it wrong. */
interface Variable<T> {
  schema: z.ZodType<T>
  takes: string
  [secret]?: boolean
}

export const text: Variable<string> = { schema: z.string(), takes: 'text' }
export const secretText: Variable<string> = { ...text, [secret]: true }
export const url: Variable<string> = {
  schema: z
    .url({ protocol: /^https?$/ })
    .refine(hasReadableUser)
    .transform((value) => value.replace(/\/+$/, '')),
  takes: 'an http or https URL',
  // A URL may carry a password.
  [secret]: true,
}
const urlOf = (protocol: RegExp, takes: string): Variable<string> => ({
  schema: z.url({ protocol }).refine(hasReadableUser),
  takes,
  [secret]: true,
})
export const postgresUrl = urlOf(
  /^postgres(ql)?$/,
  'a URL such as postgres://user:password@host:5432/voicepin',
)
const anyRedisUrl = urlOf(
  /^rediss?$/,
  'a URL such as redis://host:6379/0 with the number of a database, or rediss:// for TLS',
)
export const redisUrl: Variable<string> = {
  ...anyRedisUrl,
  // The client would take database 0 for anything else.
  schema: anyRedisUrl.schema.refine((value) => /^\/?\d*$/.test(URL.parse(value)?.pathname ?? '')),
}
/** Whether user name and password are percent-encoded as they should be: they travel as a header. */
export function hasReadableUser(value: string): boolean {
  try {
    const { username, password } = new URL(value)
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

export const gateway: Variable<string> = {
  schema: z.union([z.literal('self'), url.schema]),
  takes: 'an http or https URL, or self',
  [secret]: true,
}
export const flag: Variable<boolean> = {
  schema: z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] }),
  takes: 'true or false',
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
// Node's timers hold at most this many milliseconds; a longer one would fire at once.
export const MAX_TIMER_MS = 2 ** 31 - 1
export const durationMs = (min = 1): Variable<number> => whole(min, MAX_TIMER_MS)
// Jitter may stretch a wait by a fifth.
export const waitMs = whole(0, Math.floor(MAX_TIMER_MS / 1.2))
// What lasts longer ends after the last date that JavaScript knows.
export const MAX_TTL_SECONDS = 100 * 365 * 24 * 3600
export const oneOf = <const T extends string>(...values: T[]): Variable<T> => ({
  schema: z.enum(values),
  takes: `one of ${values.join(', ')}`,
})
export const list = <T>(item: Variable<T>, takes: string): Variable<T[]> => ({
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
  ...(item[secret] && { [secret]: true }),
})
export const distinct = <T>(variable: Variable<T[]>): Variable<T[]> => ({
  ...variable,
  schema: variable.schema.refine((values) => new Set(values).size === values.length),
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
  [secret]: true,
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
  [secret]: true,
}

function readHeader(pair: string): [string, string] {
  const [, name, value] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(.*)$/.exec(pair) ?? []
  if (!name || value === undefined) throw new Error(pair)
  return [name, decodeURIComponent(value.trim())]
}

/** Thrown for a malformed variable; the message is one line that names it, what it got and what it takes. */
export class ConfigError extends markedError('ConfigError') {}

/** The one line that an operator is told; whoever else reads it learns no secret. */
export const describeConfigError = ({ message }: ConfigError) => `Voicepin is configured wrongly: ${message}`

export type Environment = Record<string, string | undefined>

export function createReader(environment: Environment) {
  const problems: string[] = []
  /** The variables that the environment has, empty ones too. */
  const present: string[] = []
  function read<T>(name: string, variable: Variable<T>, fallback: T): T
  function read<T>(name: string, variable: Variable<T>): T | undefined
  function read<T>(name: string, variable: Variable<T>, fallback?: T): T | undefined {
    const value = environment[name]?.trim()
    if (value !== undefined) present.push(name)
    if (value === undefined || value === '') return fallback
    const result = variable.schema.safeParse(value)
    if (result.success) return result.data
    // In quotes as JSON has them, which keep it to one line.
    const got = variable[secret] ? 'a value that is not' : JSON.stringify(value)
    problems.push(
      variable[secret]
        ? `${name}: got ${got} ${variable.takes}`
        : `${name}: got ${got}, takes ${variable.takes}`,
    )
    return fallback
  }
  return { read, problems, present }
}

export type Read = ReturnType<typeof createReader>['read']

import { type MediaRange, mediaRanges } from '#lib/http/accept.ts'
import type { CarSelection } from '#lib/ipfs/blocks/unixfs.ts'
import { ServiceError } from '#lib/model/errors.ts'

/** The form in which content is asked for: the file, one block, or a CAR. */
export type Representation =
  | { format: 'file' }
  | { format: 'raw' }
  | { format: 'car'; selection: CarSelection }

const typeOf = { raw: 'application/vnd.ipld.raw', car: 'application/vnd.ipld.car' } as const
/** Forms of the specification that this gateway does not serve. */
const unsupported = /^application\/(vnd\.(ipld|ipfs)\.|x-tar$)/

/**
 * The form that a request to the gateway asks for, by `?format=` or else by `Accept`.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#format-request-query-parameter
 * @throws ServiceError `invalid_request`, `not_acceptable`
 */
export function representationOf({ searchParams }: URL, accept: string | null): Representation {
  const accepted = mediaRanges(accept)
  const asked = searchParams.get('format')
  if (asked && asked !== 'raw' && asked !== 'car') {
    throw invalid('format', `"${asked}" is not served here; raw and car are`)
  }
  const format = (asked as 'raw' | 'car' | null) || acceptedFormat(accepted)
  if (format !== 'car') return { format }
  const parameters = accepted.find(({ type }) => type === typeOf.car)?.parameters ?? {}
  return { format, selection: selectionOf(searchParams, parameters) }
}

function acceptedFormat(accepted: MediaRange[]): 'file' | 'raw' | 'car' {
  if (accepted.length === 0) return 'file'
  const served = accepted.find(
    ({ type }) => Object.values<string>(typeOf).includes(type) || !unsupported.test(type),
  )
  if (!served)
    throw new ServiceError('not_acceptable', 'Served here are the file itself, raw blocks and CARs')
  if (served.type === typeOf.raw) return 'raw'
  return served.type === typeOf.car ? 'car' : 'file'
}

function selectionOf(searchParams: URLSearchParams, parameters: Record<string, string>): CarSelection {
  const given = (name: string) => searchParams.get(`car-${name}`) || parameters[name] || undefined
  oneOf('car-version', given('version'), ['1'])
  oneOf('car-order', given('order'), ['dfs', 'unk'])
  const dups = oneOf('car-dups', given('dups'), ['y', 'n'])
  const scope = oneOf('dag-scope', searchParams.get('dag-scope') || undefined, ['block', 'entity', 'all'])
  const entityBytes = entityBytesOf(searchParams.get('entity-bytes'))
  return { scope: entityBytes ? 'entity' : (scope ?? 'all'), entityBytes, dups: dups === 'y' }
}

function entityBytesOf(text: string | null): CarSelection['entityBytes'] {
  if (!text) return undefined
  const [, from, to] = /^(-?\d{1,15}):(-?\d{1,15}|\*)$/.exec(text) ?? []
  if (!from || !to) throw invalid('entity-bytes', 'must be <from>:<to>, such as 0:1023 or -1024:*')
  const range = { from: Number(from), to: to === '*' ? undefined : Number(to) }
  const { to: last = Number.POSITIVE_INFINITY } = range
  if (Math.sign(range.from) === Math.sign(last) && last < range.from) {
    throw invalid('entity-bytes', 'must not end before it begins')
  }
  return range
}

function oneOf<const T extends string>(name: string, value: string | undefined, values: T[]): T | undefined {
  if (value === undefined || values.includes(value as T)) return value as T | undefined
  throw invalid(name, `must be one of ${values.join(', ')}`)
}

function invalid(path: string, message: string) {
  return new ServiceError('invalid_request', `The request is not valid: ${path}: ${message}`, {
    errors: [{ path, message }],
  })
}

import type { CarSelection } from '#lib/ipfs/blocks/unixfs.ts'
import { ServiceError } from '#lib/model/errors.ts'

/** The variants of a CAR that are served. Blocks come depth first, which is also an answer to "in no known order". */
const served = { version: ['1'], order: ['dfs', 'unk'], dups: ['y', 'n'] } as const
const variantParameters = Object.entries<readonly string[]>(served)

/** The parameters of a media type, such as `dups`, in lower case. */
export type TypeParameters = Record<string, string | undefined>

/**
 * The variant of a CAR to answer with: the first of those that `Accept` lists which is served, where what the URL says
 * comes before what `Accept` says. `undefined` where none of them is.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#car-format-parameters-and-determinism
 * @throws ServiceError `invalid_request` when the URL asks for a variant that is not served
 */
export function carVariant(
  searchParams: URLSearchParams,
  accepted: TypeParameters[],
): TypeParameters | undefined {
  const inUrl = variantParameters.flatMap(([name, values]) => {
    const value = oneOf(`car-${name}`, searchParams.get(`car-${name}`), values)
    return value ? [[name, value]] : []
  })
  const given: TypeParameters = Object.fromEntries(inUrl)
  return accepted
    .map((parameters) => ({ ...parameters, ...given }))
    .find((parameters) =>
      variantParameters.every(([name, values]) => !parameters[name] || values.includes(parameters[name])),
    )
}

/**
 * The blocks that a CAR is to have, by `dag-scope` and `entity-bytes`.
 *
 * @throws ServiceError `invalid_request`
 */
export function carSelection(searchParams: URLSearchParams, { dups }: TypeParameters): CarSelection {
  const scope = oneOf('dag-scope', searchParams.get('dag-scope'), ['block', 'entity', 'all'])
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

function oneOf<T extends string>(name: string, value: string | null, values: readonly T[]): T | undefined {
  if (!value || values.includes(value as T)) return (value as T) || undefined
  throw invalid(name, `must be one of ${values.join(', ')}`)
}

export function invalid(path: string, message: string) {
  return new ServiceError('invalid_request', `The request is not valid: ${path}: ${message}`, {
    errors: [{ path, message }],
  })
}

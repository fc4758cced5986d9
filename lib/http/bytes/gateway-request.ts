import { type MediaRange, mediaRanges } from '#lib/http/accept.ts'
import type { CarSelection } from '#lib/ipfs/blocks/unixfs.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { carSelection, carVariant, invalid } from './car-request.ts'

/** The form in which content is asked for: the file, one block, or a CAR. */
export type Representation =
  | { format: 'file' }
  | ({ format: 'raw' } & InUrl)
  | ({ format: 'car'; selection: CarSelection } & InUrl)

interface InUrl {
  /** The query that asks for the same without `Accept`, where `Accept` names a form. */
  location?: string | undefined
}

const served = { raw: 'application/vnd.ipld.raw', car: 'application/vnd.ipld.car' } as const
/** Forms of the specification in which no clip is served, since a clip is a file of audio. */
const unserved = {
  tar: 'application/x-tar',
  'dag-json': 'application/vnd.ipld.dag-json',
  'dag-cbor': 'application/vnd.ipld.dag-cbor',
  json: 'application/json',
  cbor: 'application/cbor',
  'ipns-record': 'application/vnd.ipfs.ipns-record',
} as const
const formTypes = Object.values<string>({ ...served, ...unserved })
const namesForm = ({ type }: MediaRange) => formTypes.includes(type)

/**
 * The form that a request to the gateway asks for, by `?format=` or else by `Accept`.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#format-request-query-parameter
 * @throws ServiceError `invalid_request`, `not_acceptable`
 */
export function representationOf({ searchParams }: URL, accept: string | null): Representation {
  const accepted = mediaRanges(accept).sort(byPreference)
  const asked = searchParams.get('format')
  if (asked) return askedForm(asked, searchParams, accepted)
  for (const range of accepted) {
    const form = formOf(range, searchParams)
    if (form) return form
  }
  if (accepted.length === 0) return { format: 'file' }
  throw refusal(accepted.some(({ type }) => type === unserved['ipns-record']))
}

/** Of what is wanted as much, a named type comes before `*`. */
function byPreference(a: MediaRange, b: MediaRange): number {
  return b.quality - a.quality || Number(a.type.includes('*')) - Number(b.type.includes('*'))
}

function formOf(range: MediaRange, searchParams: URLSearchParams): Representation | undefined {
  if (range.type === served.raw) return { format: 'raw', location: locationOf(searchParams, 'raw') }
  if (range.type === served.car) return carForm(searchParams, [range])
  return namesForm(range) ? undefined : { format: 'file' }
}

function askedForm(asked: string, searchParams: URLSearchParams, accepted: MediaRange[]): Representation {
  const isAlsoInAccept = accepted.some(namesForm)
  if (asked === 'raw') {
    return { format: 'raw', location: isAlsoInAccept ? locationOf(searchParams, 'raw') : undefined }
  }
  if (asked !== 'car') {
    if (Object.hasOwn(unserved, asked)) throw refusal(asked === 'ipns-record')
    throw invalid('format', `"${asked.slice(0, 100)}" is not known; raw and car are`)
  }
  const cars = accepted.filter(({ type }) => type === served.car)
  const form = carForm(searchParams, cars.length > 0 ? cars : [{ parameters: {} }])
  if (!form) throw refusal(false)
  return isAlsoInAccept ? form : { ...form, location: undefined }
}

function carForm(searchParams: URLSearchParams, accepted: Pick<MediaRange, 'parameters'>[]) {
  const variant = carVariant(
    searchParams,
    accepted.map(({ parameters }) => parameters),
  )
  if (!variant) return undefined
  const location = locationOf(searchParams, 'car', variant.dups)
  return { format: 'car', selection: carSelection(searchParams, variant), location } as const
}

function locationOf(searchParams: URLSearchParams, format: string, dups?: string): string {
  const query = new URLSearchParams(searchParams)
  query.set('format', format)
  if (dups) query.set('car-dups', dups)
  return `?${query}`
}

function refusal(isForName: boolean): ServiceError {
  if (isForName) return invalid('format', 'IPNS records belong to names, and there are none below /ipfs/')
  const message = 'Served here are the file itself, raw blocks, and CARs of version 1 in the order dfs'
  return new ServiceError('not_acceptable', message)
}

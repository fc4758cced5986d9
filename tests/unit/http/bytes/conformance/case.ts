import { officialBytes, officialCids } from '../../../../support/conformance-files.ts'

/** A case of ipfs/gateway-conformance, and what this gateway answers. */
export interface Case {
  /** The name in the suite. */
  official: string
  path: string
  method?: string
  headers?: Record<string, string>
  status?: number
  /** Each of them equal, or with the pattern in it. */
  answer?: Record<string, string | RegExp>
  body?: Uint8Array
  /** The blocks of a CAR, in this order. */
  blocks?: string[]
}

export const RAW = 'application/vnd.ipld.raw'
export const CAR = 'application/vnd.ipld.car'
const { rawAscii } = officialCids
/** What the specification says of every immutable answer. */
export const forever = 'public, max-age=29030400, immutable'

const rawHeaders = {
  'content-type': RAW,
  'content-length': '31',
  'content-disposition': /attachment;/,
  'x-content-type-options': 'nosniff',
}
const cachingHeaders = {
  etag: /"/,
  'x-ipfs-path': `/ipfs/${rawAscii}`,
  'x-ipfs-roots': rawAscii,
  'cache-control': forever,
}

/** The cases of one block. Where the suite asks for one by a path, its own CID is asked for. */
export const ofBlocks = (byPath: string): Case[] => [
  {
    official: `GET with format=raw param returns a raw block${byPath}`,
    path: `/ipfs/${rawAscii}?format=raw`,
    body: officialBytes('rawAscii'),
  },
  {
    official: `GET with ${RAW} header returns a raw block${byPath}`,
    path: `/ipfs/${rawAscii}`,
    headers: { accept: RAW },
    body: officialBytes('rawAscii'),
  },
  {
    official: `GET with ${RAW} header returns expected response headers`,
    path: `/ipfs/${rawAscii}`,
    headers: { accept: RAW },
    answer: rawHeaders,
    body: officialBytes('rawAscii'),
  },
  {
    official: `GET with ${RAW} header and filename param returns expected Content-Disposition header with custom filename`,
    path: `/ipfs/${rawAscii}?filename=foobar.bin`,
    headers: { accept: RAW },
    answer: { 'content-disposition': /attachment;.*filename="foobar.bin/ },
  },
  {
    official: `GET with ${RAW} header returns expected caching headers`,
    path: `/ipfs/${rawAscii}`,
    headers: { accept: RAW },
    answer: cachingHeaders,
  },
]

const carHeaders = {
  'x-content-type-options': 'nosniff',
  'accept-ranges': 'none',
  'content-type': new RegExp(CAR),
  'content-disposition': /attachment; filename=".*\.car"/,
  etag: /"/,
}

/** A case of a CAR, which the suite asks for by `format` and by `Accept`. */
export function ofCar(official: string, cid: string, query: string, blocks: string[]): Case[] {
  return [
    {
      official: `${official} (format=car)`,
      path: `/ipfs/${cid}?format=car${query && `&${query}`}`,
      answer: carHeaders,
      blocks,
    },
    {
      official: `${official} (Accept Header)`,
      path: `/ipfs/${cid}${query && `?${query}`}`,
      headers: { accept: CAR },
      answer: carHeaders,
      blocks,
    },
  ]
}

/** A CAR by `Accept`. */
export const carOf = (
  path: string,
  accept: string,
  type: RegExp,
  blocks?: string[],
): Omit<Case, 'official'> => ({
  path: `/ipfs/${path}`,
  headers: { accept },
  answer: { 'content-type': type },
  ...(blocks && { blocks }),
})

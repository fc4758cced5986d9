import { officialCids } from '../../../../support/conformance-files.ts'
import { CAR, type Case, RAW } from './case.ts'

const hamt = 'bafybeidbclfqleg2uojchspzd4bob56dqetqjsj27gy2cq3klkkgxtpn4i'
const dirOfRawAscii = 'bafybeifaqksygmsbnqe76kwvxoqxtkzcwssq5jkhuo65ldtqiunr3bxlra'
const lackingABlock = 'QmYhmPjhFjYFyaoiuNzYv8WGavpSRDwdHWe5B4M5du5Rtk'
const plain = {
  json: 'bagaaierajjsnhsxqlgfrvknlt7z2heoljcgfv37cn45tu7mhmr23x3ekiboq',
  cbor: 'bafireif3aymeikgfbofx533yf5vlx4kimzq6zmzmpra2mnzfsfnmv4hchm',
}
const traversal = {
  json: 'baguqeeram5ujjqrwheyaty3w5gdsmoz6vittchvhk723jjqxk7hakxkd47xq',
  cbor: 'bafyreibs4utpgbn7uqegmd2goqz4bkyflre2ek2iwv743fhvylwi4zeeim',
}
const codecs = ['json', 'cbor'] as const
const byAccept = (accept: string) => ({ headers: { accept } })

/** A CAR of content that is not here. */
const noCar = (official: string, cid: string): Case[] => [
  { official: `${official} (format=car)`, path: `/ipfs/${cid}?format=car`, status: 404 },
  { official: `${official} (Accept Header)`, path: `/ipfs/${cid}`, ...byAccept(CAR), status: 404 },
]

const directories: Case[] = [
  ...[
    'GET default CAR response of UnixFS file on a path with HAMT-sharded directory',
    'GET default CAR response of UnixFS file on a path with DAG-CBOR as root CID',
    'GET CAR with dag-scope=block of UnixFS directory on a path',
    'GET CAR with dag-scope=block of UnixFS file on a path with sharded directory',
    'GET CAR with dag-scope=entity of a UnixFS directory',
    'GET CAR with dag-scope=entity of a UnixFS sharded directory',
    'GET CAR with dag-scope=entity of DAG-CBOR with Links',
    'GET CAR with dag-scope=all of UnixFS directory with multiple files',
    'GET CAR with entity-bytes of a UnixFS directory',
  ].flatMap((official) => noCar(official, hamt)),
  ...[
    'path gw: backlink on root CID should be hidden (TODO: cleanup Kubo-specifics)',
    'path gw: redirect dir listing to URL with trailing slash',
    'path gw: dir listing HTML response (TODO: cleanup Kubo-specifics)',
    'GET for /ipfs/ unixfs dir listing succeeds',
    'GET for /ipfs/ unixfs dir with index.html succeeds',
    'GET for /ipfs/ unixfs dir as raw block succeeds',
    'GET for /ipfs/ dir with index.html file with matching Etag in If-None-Match returns 304 Not Modified',
    'DirIndex etag is based on xxhash(./assets/dir-index-html), so we need to fetch it dynamically',
    'GET for /ipfs/ dir listing with matching strong Etag in If-None-Match returns 304 Not Modified',
    'GET for /ipfs/ dir listing with matching weak Etag in If-None-Match returns 304 Not Modified',
    'Test the directory listing',
    'Test the directory raw query',
    'Test the symlink',
    'GET for /ipfs/ file whose filename contains percentage-encoded characters works',
  ].map((official) => ({ official, path: `/ipfs/${dirOfRawAscii}/`, status: 404 })),
]

const missingBlocks: Case[] = [
  ...['AFTER', 'BEFORE'].map((where) => ({
    official: `GET Range of file succeeds even if the gateway is missing a block ${where} the requested range`,
    path: `/ipfs/${lackingABlock}`,
    headers: { range: where === 'AFTER' ? 'bytes=997-1000' : 'bytes=2200-2201' },
    status: 404,
  })),
  ...['after', 'before'].flatMap((where) =>
    noCar(
      `GET CAR with entity-bytes succeeds even if the gateway is missing a block ${where} the requested range`,
      lackingABlock,
    ),
  ),
]

const types: Case[] = [
  {
    official:
      'GET UnixFS file with JSON bytes is returned with application/json Content-Type - without headers',
    path: `/ipfs/${officialCids.json}`,
    answer: { 'content-type': 'audio/mpeg' },
  },
  {
    official: 'GET UnixFS file with JSON bytes is returned with application/json Content-Type - with headers',
    path: `/ipfs/${officialCids.json}`,
    ...byAccept('application/json'),
    status: 406,
  },
  {
    official: 'GET raw block with JSON bytes prefers format over Accept header',
    path: `/ipfs/${officialCids.json}?format=json`,
    ...byAccept(RAW),
    status: 406,
  },
]

const archives: Case[] = [
  'GET TAR with format=tar and extract',
  "GET TAR with 'Accept: application/x-tar' and extract",
  'GET TAR has expected root directory',
  'GET TAR with explicit ?filename= succeeds with modified Content-Disposition header',
  'GET TAR with relative paths inside root works',
].map((official) => ({
  official,
  ...(official.includes('Accept')
    ? { path: `/ipfs/${officialCids.utf8}`, ...byAccept('application/x-tar') }
    : { path: `/ipfs/${officialCids.utf8}?format=tar` }),
  status: 406,
}))

const data: Case[] = codecs.flatMap((codec) => {
  const of = `plain ${codec.toUpperCase()} codec`
  const dag = `application/vnd.ipld.dag-${codec}`
  const [gone, unserved] = [{ status: 404 }, { status: 406 }]
  const plainly = { path: `/ipfs/${plain[codec]}` }
  const dagly = { path: `/ipfs/${traversal[codec]}` }
  const ranges = (official: string, request: Omit<Case, 'official'>): Case[] =>
    [
      ['single range', 'bytes=7-9'],
      ['multi range', 'bytes=7-9,1-3'],
    ].map(([which, range = '']) => ({
      official: `${official} - ${which}`,
      ...request,
      headers: { ...request.headers, range },
    }))
  const withWhole = (official: string, request: Omit<Case, 'official'>): Case[] => [
    { official: `${official} - full request`, ...request },
    ...ranges(official, request),
  ]
  return [
    ...withWhole(`GET ${of} without Accept or format= has expected "${codec}" Content-Type and body as-is`, {
      ...plainly,
      ...gone,
    }),
    ...withWhole(`GET ${of} with ?format= has expected ${codec} Content-Type and body as-is`, {
      path: `${plainly.path}?format=${codec}`,
      ...unserved,
    }),
    ...withWhole(
      `GET ${of} with Accept has expected ${codec} Content-Type and body as-is, with single range request`,
      { ...plainly, ...byAccept(`application/${codec}`), ...unserved },
    ),
    ...['returns 501 if there is path remainder', 'multiple links'].map((what) => ({
      official: `GET DAG-${codec.toUpperCase()} ${what === 'multiple links' ? 'traverses' : 'traversal'} ${what}`,
      path: `${dagly.path}/foo`,
      ...gone,
    })),
    {
      official: `GET ${of} from /ipfs without explicit format returns the same payload as the raw block`,
      ...dagly,
      ...gone,
    },
    {
      official: `GET ${of} from /ipfs with format=dag-${codec} returns the same payload as the raw block`,
      path: `${dagly.path}?format=dag-${codec}`,
      ...unserved,
    },
    ...[
      `GET ${of} from /ipfs with ${dag} returns the same payload as the raw block`,
      `GET response for ${dag} has expected Content-Type`,
      `GET for ${dag} with query filename includes Content-Disposition with custom filename`,
      `GET for ${dag} with ?download=true forces Content-Disposition: attachment`,
      `Cache control HTTP headers (${codec})`,
    ].map((official) => ({ official, ...dagly, ...byAccept(dag), ...unserved })),
    {
      official: `GET ${of} with format=${codec} returns same payload as format=dag-${codec} but with plain Content-Type`,
      path: `${dagly.path}?format=${codec}`,
      ...unserved,
    },
    {
      official: `GET ${of} with Accept: application/${codec} returns same payload as ${dag} but with plain Content-Type`,
      ...dagly,
      ...byAccept(`application/${codec}`),
      ...unserved,
    },
    { official: `HEAD ${of} with no explicit format returns HTTP 200`, ...dagly, method: 'HEAD', ...gone },
    {
      official: `HEAD ${of} with an explicit format returns HTTP 200`,
      path: `${dagly.path}?format=dag-${codec}`,
      method: 'HEAD',
      ...unserved,
    },
    {
      official: `GET ${of} on /ipfs with Accept: text/html returns HTML (dag-index-html)`,
      ...dagly,
      ...byAccept('text/html'),
      ...gone,
    },
    ...ranges(`GET ${of} on /ipfs with no explicit header`, { ...dagly, ...gone }),
    ...ranges(`GET ${of} on /ipfs with dag content headers`, { ...dagly, ...byAccept(dag), ...unserved }),
    ...ranges(`GET ${of} on /ipfs with non-dag content headers`, {
      ...dagly,
      ...byAccept(`application/${codec}`),
      ...unserved,
    }),
  ]
})

/** What is answered in another way than the suite expects, by the reason that docs/gateway.md explains. */
export const decided: Record<string, Case[]> = {
  'a clip is a file, and there are no directories': directories,
  'a clip is kept whole or not at all': missingBlocks,
  'a clip has the type of its audio': types,
  'a clip needs no archive': archives,
  'only files are stored, no IPLD data': [
    ...data,
    {
      official: 'GET DAG-CBOR with Accept: text/html returns HTML preview',
      path: `/ipfs/${traversal.cbor}/`,
      ...byAccept('text/html'),
      status: 404,
    },
  ],
}

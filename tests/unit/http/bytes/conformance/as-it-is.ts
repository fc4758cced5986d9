import { multiblockLeaves, officialBytes, officialCids } from '../../../../support/conformance-files.ts'
import { CAR, type Case, carOf, ofBlocks, ofCar, RAW } from './case.ts'

const { rawAscii, utf8, multiblock } = officialCids
const [first = '', second = '', third = '', fourth = '', fifth = ''] = multiblockLeaves
const neverStored = 'QmYzfKSE55XCjD1MW128RfciAf2DViABhEiXfgVFMabSjN'
const identityOfHello = 'bafkqabtimvwgy3yk'
const dagCbor = 'bafyreibs4utpgbn7uqegmd2goqz4bkyflre2ek2iwv743fhvylwi4zeeim'
const dagJson = 'baguqeeram5ujjqrwheyaty3w5gdsmoz6vittchvhk723jjqxk7hakxkd47xq'
const entity = (range: string) => `dag-scope=entity&entity-bytes=${range}`

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': /GET.*HEAD.*OPTIONS/,
  'access-control-allow-headers': /Content-Type.*Range.*User-Agent.*X-Requested-With/,
  'access-control-expose-headers':
    /Content-Length.*Content-Range.*X-Chunked-Output.*X-Ipfs-Path.*X-Ipfs-Roots.*X-Stream-Output/,
}

/** The suite's request and the suite's answer. */
export const asItIs: Record<string, Case[]> = {
  TestTrustlessRaw: ofBlocks('').slice(2),
  TestTrustlessRawRanges: [
    {
      official: `GET with ${RAW} with range request includes correct bytes - single range`,
      path: `/ipfs/${rawAscii}`,
      headers: { accept: RAW, range: 'bytes=7-9' },
      status: 206,
      answer: { 'content-range': 'bytes 7-9/31' },
      body: officialBytes('rawAscii').slice(7, 10),
    },
    {
      official: `GET with ${RAW} with range request includes correct bytes - multi range`,
      path: `/ipfs/${rawAscii}`,
      headers: { accept: RAW, range: 'bytes=7-9,1-3' },
      status: 206,
      answer: { 'content-range': 'bytes 7-9/31', 'content-type': RAW },
      body: officialBytes('rawAscii').slice(7, 10),
    },
  ],
  TestTrustlessCarEntityBytes: [
    ...ofCar(
      'GET CAR with entity-bytes equivalent to a HTTP Range Request from the middle of a file to the end',
      multiblock,
      entity('512:*'),
      [multiblock, third, fourth, fifth],
    ),
    ...ofCar(
      'GET CAR with entity-bytes equivalent to a HTTP Range Request for the middle of a file',
      multiblock,
      entity('512:1023'),
      [multiblock, third, fourth],
    ),
    ...ofCar(
      'GET CAR with entity-bytes equivalent to a HTTP Range Request for the middle of a file (negative ending)',
      multiblock,
      entity('512:-256'),
      [multiblock, third, fourth],
    ),
    ...ofCar(
      'GET CAR with entity-bytes equivalent to HTTP Suffix Range Request for part of a file',
      multiblock,
      entity('-5:*'),
      [multiblock, fourth, fifth],
    ),
    ...ofCar(
      'GET CAR with entity-bytes requesting a negative range bigger than the length of a file',
      multiblock,
      entity('-9999:*'),
      [multiblock, ...multiblockLeaves],
    ),
    ...ofCar(
      'GET CAR with entity-bytes requesting a range from the end of a file that is bigger than a file itself',
      multiblock,
      entity('-9999:-3'),
      [multiblock, first, second, third, fourth],
    ),
    ...ofCar(
      'GET CAR with entity-bytes requesting only the blocks for the first byte of a file',
      multiblock,
      entity('0:0'),
      [multiblock, first],
    ),
  ],
  TestTrustlessCarOrderAndDuplicates: [
    {
      official: 'GET CAR with order=dfs and dups=y of identity CID',
      ...carOf('bafkqaf3imvwgy3zaneqgc3janfxgy2lomvscay3jmqfa', `${CAR}; dups=y`, /dups=y/, []),
    },
  ],
  TestTrustlessCarPathing: ['?format=car', ''].map((query) => ({
    official: `GET default CAR response for non-existing file (${query ? 'format=car' : 'Accept Header'})`,
    path: `/ipfs/bafybeietjm63oynimmv5yyqay33nui4y4wx6u3peezwetxgiwvfmelutzu/subdir/i-do-not-exist${query}`,
    headers: query ? {} : { accept: CAR },
    status: 404,
  })),
  TestCors: [
    {
      official:
        'GET Responses from Gateway should include CORS headers allowing JS from other origins to read the data cross-origin.',
      path: `/ipfs/${identityOfHello}/`,
      answer: cors,
    },
    {
      official: 'OPTIONS to Gateway succeeds',
      path: `/ipfs/${identityOfHello}/`,
      method: 'OPTIONS',
      status: 204,
      answer: cors,
    },
  ],
  TestUnixFSDirectoryListing: [
    {
      official: 'GET for /ipfs/cid/file UnixFS file that does not exist returns 404',
      path: '/ipfs/bafybeig6ka5mlwkl4subqhaiatalkcleo4jgnr3hqwvpmsqfca27cijp3i/i-do-not-exist',
      status: 404,
    },
  ],
  TestGatewayCache: [
    ...['HEAD', 'GET'].map((method) => ({
      official: `${method} for /ipfs/ with only-if-cached fails when not in local datastore`,
      path: `/ipfs/${neverStored}`,
      method,
      headers: { 'cache-control': 'only-if-cached' },
      status: 412,
    })),
  ],
  TestCodecMismatchReturns406: [
    ...['dag-json', 'dag-cbor'].map((format) => ({
      official: `GET UnixFS (dag-pb) file with format=${format} returns 406 Not Acceptable`,
      path: `/ipfs/${utf8}?format=${format}`,
      status: 406,
    })),
    {
      official:
        'GET UnixFS (dag-pb) file with Accept: application/vnd.ipld.dag-json returns 406 Not Acceptable',
      path: `/ipfs/${utf8}`,
      headers: { accept: 'application/vnd.ipld.dag-json' },
      status: 406,
    },
    {
      official: 'GET DAG-JSON block with format=dag-cbor returns 406 Not Acceptable',
      path: `/ipfs/${dagJson}?format=dag-cbor`,
      status: 406,
    },
    {
      official: 'GET DAG-CBOR block with format=dag-json returns 406 Not Acceptable',
      path: `/ipfs/${dagCbor}?format=dag-json`,
      status: 406,
    },
    {
      official: 'GET DAG-CBOR block with Accept: application/vnd.ipld.dag-json returns 406 Not Acceptable',
      path: `/ipfs/${dagCbor}`,
      headers: { accept: 'application/vnd.ipld.dag-json' },
      status: 406,
    },
  ],
  TestTar: [
    {
      official: 'GET TAR with relative paths outside root fails',
      path: '/ipfs/bafybeicaj7kvxpcv4neaqzwhrqqmdstu4dhrwfpknrgebq6nzcecfucvyu?format=tar',
      status: 406,
    },
  ],
  TestPathing: ['JSON', 'CBOR'].map((codec) => ({
    official: `GET DAG-${codec} returns 404 on non-existing link`,
    path: `/ipfs/${codec === 'JSON' ? dagJson : dagCbor}/foo/i-do-not-exist`,
    status: 404,
  })),
  TestNativeDag: ['JSON', 'CBOR'].map((codec) => ({
    official: `HEAD plain ${codec} codec with only-if-cached for missing block returns HTTP 412 Precondition Failed`,
    path: `/ipfs/${neverStored}`,
    method: 'HEAD',
    headers: { 'cache-control': 'only-if-cached' },
    status: 412,
  })),
}

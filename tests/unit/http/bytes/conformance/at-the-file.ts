import { multiblockLeaves, officialBytes, officialCids } from '../../../../support/conformance-files.ts'
import { CAR, type Case, carOf, forever, ofBlocks, ofCar, RAW } from './case.ts'

const { rawAscii, carAscii, index, multiblock } = officialCids
const wholeMultiblock = [multiblock, ...multiblockLeaves]
const carType = `${CAR}; version=1; order=dfs`

/** The suite's answer, but to a request for the CID at the end of the suite's path: there are no directories. */
export const atTheFile: Record<string, Case[]> = {
  TestTrustlessRaw: ofBlocks(' (of a directory there)').slice(0, 2),
  TestGatewayBlock: [
    ...ofBlocks(''),
    {
      official: `GET with ${RAW} with single range request includes correct bytes`,
      path: `/ipfs/${rawAscii}`,
      headers: { accept: RAW, range: 'bytes=6-16' },
      status: 206,
      answer: { 'content-type': RAW, 'content-range': 'bytes 6-16/31' },
      body: officialBytes('rawAscii').slice(6, 17),
    },
  ],
  TestTrustlessCarPathing: ofCar(
    'GET default CAR response with pathing through UnixFS Directory',
    carAscii,
    '',
    [carAscii],
  ),
  TestTrustlessCarDagScopeBlock: ofCar(
    'GET CAR with dag-scope=block of UnixFS file on a path',
    multiblock,
    'dag-scope=block',
    [multiblock],
  ),
  TestTrustlessCarDagScopeEntity: [
    ...ofCar('GET CAR with dag-scope=entity of a UnixFS file', carAscii, 'dag-scope=entity', [carAscii]),
    ...ofCar(
      'GET CAR with dag-scope=entity of a chunked UnixFS file',
      multiblock,
      'dag-scope=entity',
      wholeMultiblock,
    ),
  ],
  TestTrustlessCarDagScopeAll: ofCar(
    'GET CAR with dag-scope=all of a chunked UnixFS file',
    multiblock,
    'dag-scope=all',
    wholeMultiblock,
  ),
  TestTrustlessCarEntityBytes: ofCar(
    'GET CAR with entity-bytes of a full UnixFS file',
    multiblock,
    'dag-scope=entity&entity-bytes=0:*',
    wholeMultiblock,
  ),
  TestTrustlessCarOrderAndDuplicates: [
    {
      official: 'GET CAR with order=dfs and dups=y of UnixFS Directory With Duplicate Files',
      ...carOf(multiblock, `${carType}; dups=y`, /order=dfs.*dups=y/, wholeMultiblock),
    },
    {
      official: 'GET CAR with order=dfs and dups=n of UnixFS Directory With Duplicate Files',
      ...carOf(multiblock, `${carType}; dups=n`, /order=dfs.*dups=n/, wholeMultiblock),
    },
    {
      official: 'GET CAR smoke-test with order=unk of UnixFS Directory',
      ...carOf(multiblock, `${CAR}; version=1; order=unk`, /order=/, wholeMultiblock),
    },
    {
      official: 'GET CAR with ?format=car respects Accept header order and dups params',
      ...carOf(`${multiblock}?format=car`, `${carType}; dups=y`, /order=dfs.*dups=y/, wholeMultiblock),
    },
    {
      official: 'GET CAR with ?car-order=dfs takes precedence over order=unk in Accept',
      ...carOf(`${multiblock}?format=car&car-order=dfs`, `${CAR}; order=unk`, /order=dfs/),
    },
    {
      official: 'GET CAR with ?car-dups=y takes precedence over dups=n in Accept',
      ...carOf(`${multiblock}?format=car&car-dups=y`, `${CAR}; dups=n`, /dups=y/),
    },
  ],
  TestTrustlessCarFormatPrecedence: [
    {
      official: 'GET with format=car query parameter takes precedence over Accept header',
      ...carOf(`${rawAscii}?format=car`, RAW, new RegExp(CAR)),
    },
    {
      official: 'GET with format=raw query parameter takes precedence over Accept header',
      ...carOf(`${rawAscii}?format=raw`, CAR, new RegExp(RAW)),
    },
  ],
  TestGatewayCache: [
    {
      official: 'GET for /ipfs/ unixfs file succeeds',
      path: `/ipfs/${index}`,
      answer: {
        'cache-control': forever,
        'x-ipfs-path': `/ipfs/${index}`,
        'x-ipfs-roots': index,
        etag: `"${index}"`,
      },
      body: officialBytes('index'),
    },
    ...['HEAD', 'GET'].map((method) => ({
      official: `${method} for /ipfs/ with only-if-cached succeeds when in local datastore`,
      path: `/ipfs/${index}?format=raw`,
      method,
      headers: { 'cache-control': 'only-if-cached' },
    })),
    ...[
      ['matching', `"${index}"`],
      ['matching third', `"fakeEtag1", "fakeEtag2", "${index}"`],
      ['matching weak', `W/"${index}"`],
      ['wildcard', '*'],
    ].map(([which, tags = '']) => ({
      official: `GET for /ipfs/ file with ${which} Etag in If-None-Match returns 304 Not Modified`,
      path: `/ipfs/${index}`,
      headers: { 'if-none-match': tags },
      status: 304,
    })),
  ],
  TestGatewayUnixFSFileRanges: [
    {
      official: 'GET for /ipfs/ file includes Accept-Ranges header',
      path: `/ipfs/${carAscii}`,
      answer: { 'accept-ranges': 'bytes' },
      body: officialBytes('carAscii'),
    },
    ...(
      [
        ['single range request includes correct bytes', 'bytes=6-16', 6, 16],
        ['suffix range request includes correct bytes from the end of file', 'bytes=-3', 28, 30],
        ['multiple range request returns correct bytes', 'bytes=6-16,0-4', 6, 16],
      ] as const
    ).map(([what, range, start, end]) => ({
      official: `GET for /ipfs/ file with ${what}`,
      path: `/ipfs/${carAscii}`,
      headers: { range },
      status: 206,
      answer: { 'content-range': `bytes ${start}-${end}/31` },
      body: officialBytes('carAscii').slice(start, end + 1),
    })),
  ],
}

import type { Aim } from '../measurement.ts'
import type { Row } from '../row.ts'
import { anchorTargets, clipTargets, filesWorld, type Size, wordsOf } from '../worlds/files.ts'

const figure = 'requests a second'

const smallAims: Aim[] = [
  { words: '≥ 8 × bare handler', figure, against: 'bare handler', by: 'ratio', atLeast: 8 },
  { words: '≥ 0.7 × node:http', figure, against: 'node:http', by: 'ratio', atLeast: 0.7 },
]
const largeAims: Aim[] = [
  { words: '≥ 0.9 × node:http', figure, against: 'node:http', by: 'ratio', atLeast: 0.9 },
  { words: '≥ 0.3 × nginx', figure, against: 'nginx', by: 'ratio', atLeast: 0.3 },
]

const bytesRow = (name: string, by: 'temp-audio' | 'ipfs', size: Size, aims: Aim[]): Row => ({
  name,
  title: `${by === 'ipfs' ? '`/ipfs`' : 'temp audio'}, ${wordsOf(size)}`,
  aims,
  heldBackBy:
    size === 'large'
      ? 'each byte is copied into the process and out of it again; nginx has the kernel send it (`sendfile`), for which Node.js has no call.'
      : 'a server of node:http that knows nothing of clips is itself six to eight times as fast as the bare handler. Of our own time a sixth is the write to the socket and an eighth the look at the catalog; no other function has more than 5 %.',
  async run(bench) {
    const world = await bench.shared(filesWorld)
    const anchors = anchorTargets(world, size).filter(({ name: anchor }) =>
      aims.some(({ against }) => against === anchor),
    )
    return bench.inTurns([...anchors, ...clipTargets(world, size, { by })])
  },
})

/** What is known of the content is answered as fast by its permanent address as by its temporary one. */
const likeTempAudio = (name: string, title: string, kind: { method?: 'HEAD'; isKnown?: boolean }): Row => ({
  name,
  title,
  aims: [{ words: 'as temp audio', figure, against: 'temp audio', by: 'ratio', atLeast: 0.95 }],
  heldBackBy:
    '0.02 to 0.05 ms of CPU. A permanent address has a CID to be read, and its clip is found by an index and then by its key; it says more in its headers, and for `HEAD` the file system is asked for its CAR. Temp audio finds a row by its key.',
  async run(bench) {
    const world = await bench.shared(filesWorld)
    return bench.inTurns([
      ...clipTargets(world, 'small', { ...kind, by: 'temp-audio', name: (build) => `temp audio, ${build}` }),
      ...clipTargets(world, 'small', { ...kind, by: 'ipfs' }),
    ])
  },
})

export const fileRows: Row[] = [
  bytesRow('temp-audio', 'temp-audio', 'small', smallAims),
  bytesRow('temp-audio-large', 'temp-audio', 'large', largeAims),
  bytesRow('ipfs', 'ipfs', 'small', smallAims),
  bytesRow('ipfs-large', 'ipfs', 'large', largeAims),
  likeTempAudio('ipfs-304', '`/ipfs`, 304', { isKnown: true }),
  likeTempAudio('ipfs-head', '`HEAD /ipfs`', { method: 'HEAD' }),
  {
    name: 'health',
    title: '`GET /api/health`',
    aims: [{ words: '≥ 5,000/s', figure, atLeast: 5000 }],
    heldBackBy:
      'the aim is a figure of another machine: node:http, in the row of 48 KiB, says how fast this one is.',
    async run(bench) {
      const { services } = await bench.shared(filesWorld)
      return bench.inTurns(
        services.map(({ build, service: { baseUrl, processId } }) => {
          return { name: build.name, baseUrl, processId, request: () => ({ path: '/api/health' }) }
        }),
      )
    },
  },
]

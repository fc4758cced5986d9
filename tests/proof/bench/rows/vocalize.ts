import type { Row } from '../row.ts'
import { speakingTargets, speakingWorld, speechRequest, vocalizeRequest } from '../worlds/speaking.ts'

const figure = 'requests a second'

export const vocalizeRows: Row[] = [
  {
    name: 'vocalize',
    title: '`vocalize`, 48 KB, 20 connections',
    aims: [{ words: '≥ 0.8 × bare handler', figure, against: 'bare handler', by: 'ratio', atLeast: 0.8 }],
    heldBackBy:
      'the bare handler keeps nothing. A CPU profile gives 13 % to the file and the log (open, sync, rename), 16 % to twelve statements in four transactions, 17 % to `fetch` and its streams, 8 % to garbage and microtasks, and no function of ours more than 1 %. Next would be `undici.request` in place of `fetch`: the two calls of a clip take 0.7 ms of CPU by it and 2.0 ms by `fetch`.',
    async run(bench) {
      const world = await bench.shared(speakingWorld)
      return bench.inTurns(speakingTargets(world), { seconds: 3 })
    },
  },
  {
    name: 'reuse',
    title: 'reuse hit',
    aims: [{ words: '≥ 4 × bare handler', figure, against: 'bare handler', by: 'ratio', atLeast: 4 }],
    async run(bench) {
      const world = await bench.shared(speakingWorld)
      const same = (path: string) =>
        path === '/vocalize' ? vocalizeRequest(path) : () => speechRequest(path, 'The same text each time')
      return bench.inTurns(speakingTargets(world, same))
    },
  },
]

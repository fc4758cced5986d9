import type { Row } from '../row.ts'
import { speakingTargets, speakingWorld, speechRequest, vocalizeRequest } from '../worlds/speaking.ts'

const figure = 'requests a second'

export const vocalizeRows: Row[] = [
  {
    name: 'vocalize',
    title: '`vocalize`, 48 KB, 20 connections',
    aims: [{ words: '≥ 0.8 × bare handler', figure, against: 'bare handler', by: 'ratio', atLeast: 0.8 }],
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

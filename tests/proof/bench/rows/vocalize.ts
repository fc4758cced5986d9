import type { Row } from '../row.ts'
import { speakingTargets, speakingWorld, speechRequest, vocalizeRequest } from '../worlds/speaking.ts'

const figure = 'requests a second'

export const vocalizeRows: Row[] = [
  {
    name: 'vocalize',
    title: '`vocalize`, 48 KB, 20 connections',
    aims: [{ words: '≥ 0.8 × bare handler', figure, against: 'bare handler', by: 'ratio', atLeast: 0.8 }],
    heldBackBy:
      'the bare handler keeps nothing. By `perf`, of all threads: a third goes to the file (open, write, two syncs, rename, close, each by way of another thread), a fifth to sockets, an eighth to SQLite (six commits, some 45 pages of the log), a tenth to garbage and compiling, a fifth to everything else, none of it more than 1 %. Keeping a clip alone, the file and the log, costs more than all that the bare handler does. Calls of the file system without the handles of `fs/promises`, and a directory that stays open, saved nothing that could be measured. Next would be `undici.request` in place of `fetch`, which saved 0.8 ms of 11, and commits that many clips share.',
    async run(bench) {
      const world = await bench.shared(speakingWorld)
      return bench.inTurns(speakingTargets(world), { seconds: 2.4 })
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

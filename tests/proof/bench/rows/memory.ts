import { memoryOfLargeClips } from '../memory.ts'
import type { Row } from '../row.ts'

const CLIPS = 200
const above = 'peak above idle'
const kept = 'kept a minute later'

/** Whether clips stream through, or are held whole. */
export const memoryRow: Row = {
  name: 'memory',
  title: `memory, ${CLIPS} clips of 10 MB at once`,
  isIndifferent: true,
  aims: [
    { words: 'peak ≤ idle + 150 MB', figure: above, atMost: 150 },
    { words: 'a minute later ≤ idle + 60 MB', figure: kept, atMost: 60 },
  ],
  heldBackBy:
    'a clip in flight has about 1 MiB, whatever its size: what its two sockets have read or are to write, in pieces of 64 KiB, and the queues of `fetch` and of the streams behind it, until they are collected. What is kept a minute later includes what a process that has just started has not loaded yet: at rest it takes 146 MiB where it took 238.',
  run(bench) {
    return bench.perBuild(
      { idle: 'MiB', peak: 'MiB', [above]: 'MiB', [kept]: 'MiB' },
      async (build) => {
        const found = await memoryOfLargeClips(bench.startOf(build), { clips: CLIPS })
        return {
          idle: found.idleMiB,
          peak: found.peakMiB,
          [above]: found.aboveIdleMiB,
          [kept]: found.keptMiB,
        }
      },
      bench.longRounds,
    )
  },
}

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
    'a clip in flight has about 0.6 MiB, whatever its size: what its sockets have read or are to write, in pieces of 64 KiB, and the copies that `fetch` and the streams behind it make of them, until they are collected. It is at its highest when 200 uploads begin at the same moment: each writes 2.5 MB to its socket before the first collection is over. `fetch` would have to hand out what it reads, as `node:http` does. What is kept a minute later includes what a process that has just started has not loaded yet: at rest it takes 143 MiB where it took 238.',
  run(bench) {
    const last = bench.builds.at(-1)
    return bench.perBuild(
      { idle: 'MiB', peak: 'MiB', [above]: 'MiB', [kept]: 'MiB' },
      async (build) => {
        // More rounds have others wait for them.
        const settling = () => {
          if (build === last && bench.longRounds === 1) bench.onlyWaits.resolve()
        }
        const found = await memoryOfLargeClips(bench.startOf(build), { clips: CLIPS, settling })
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

import { drainOfBacklog } from '../backlog.ts'
import type { Row } from '../row.ts'

const figures = { 'clips a second': '/s', 'of the ideal rate': '', 'CPU a clip': 'ms' }

const backlogRow = (atOnce: number, clips: number): Row => ({
  name: `backlog-${atOnce}`,
  title: `backlog of ${clips.toLocaleString('en')} after an outage, provider of 50 ms, ${atOnce} at once`,
  aims: [{ words: '≥ 0.9 × what the provider takes', figure: 'of the ideal rate', atLeast: 0.9 }],
  heldBackBy:
    'a bare loop that sends the same files to the same stub has 0.86 of that rate with 5 at once and 0.77 with 20: what answers after 50 ms is heard of later. A slot is never empty here; an upload takes some 60 and 80 ms of it, since those that ended together are all recorded, and the next ones read, while it is under way.',
  run(bench) {
    return bench.perBuild(
      figures,
      async (build) => {
        const { perSecond, ofIdeal, cpuMsPerClip } = await drainOfBacklog(bench.startOf(build), {
          clips,
          atOnce,
        })
        return { 'clips a second': perSecond, 'of the ideal rate': ofIdeal, 'CPU a clip': cpuMsPerClip }
      },
      bench.longRounds,
    )
  },
})

/** As many clips as are drained in some ten seconds. */
export const backlogRows: Row[] = [backlogRow(5, 1000), backlogRow(20, 3000)]

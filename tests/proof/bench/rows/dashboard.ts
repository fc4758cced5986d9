import { dashboardOfManyClips } from '../many-clips.ts'
import type { Row } from '../row.ts'

const CLIPS = 1_000_000
const figures = 'figures after'
const wait = 'longest wait of another request'

/** What a look at many records costs whoever looks, and everybody else. */
export const dashboardRow: Row = {
  name: 'dashboard',
  title: `dashboard, 30 days, ${CLIPS.toLocaleString('en')} clips`,
  aims: [
    { words: '≤ 100 ms', figure: figures, atMost: 100 },
    { words: 'nobody waits (≤ 20 ms)', figure: wait, atMost: 20 },
  ],
  run(bench) {
    return bench.perBuild(
      { [figures]: 'ms', [wait]: 'ms', 'CPU a look': 'ms' },
      async (build) => {
        const found = await dashboardOfManyClips(bench.startOf(build), { clips: CLIPS })
        return { [figures]: found.figuresMs, [wait]: found.longestWaitMs, 'CPU a look': found.cpuMsPerRead }
      },
      bench.longRounds,
    )
  },
}

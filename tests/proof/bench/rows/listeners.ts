import { idleListeners } from '../listeners.ts'
import type { Row } from '../row.ts'

const LISTENERS = 500
const share = 'share of a core'
const added = 'added memory'

/** What those cost who wait for events of a clip to which nothing happens. */
export const listenersRow: Row = {
  name: 'listeners',
  title: `${LISTENERS} event listeners, nothing happening`,
  isIndifferent: true,
  aims: [
    { words: '≤ 1 % of a core', figure: share, atMost: 1 },
    { words: '≤ +40 MB', figure: added, atMost: 40 },
  ],
  run(bench) {
    return bench.perBuild(
      { [share]: '%', 'the same without listeners': '%', [added]: 'MiB' },
      async (build) => {
        const found = await idleListeners(bench.startOf(build), { listeners: LISTENERS, seconds: 8 })
        return {
          [share]: 100 * found.shareOfCore,
          'the same without listeners': 100 * found.withoutListeners,
          [added]: found.addedMib,
        }
      },
      bench.longRounds,
    )
  },
}

import { it } from 'vitest'
import { liveThrough } from './life-model.ts'

// More lives, and those of other seeds: tests/proof/life.proof.ts.
it(
  'whatever happens in whatever order, no answered clip is lost, none is stored twice, and all is settled in the end',
  {
    timeout: 60_000,
  },
  () => liveThrough({ seed: 20_261_122, lives: 10 }),
)

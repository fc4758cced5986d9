import { it } from 'vitest'
import { liveThrough } from '../unit/clips/life-model.ts'

// The same lives in every run; SEED= tries others, RUNS= as many as it says.
const seed = Number(process.env.SEED ?? 20_261_122)
const lives = Number(process.env.RUNS ?? 200)

it(
  'whatever happens in whatever order, no answered clip is lost, none is stored twice, and all comes to rest',
  {
    timeout: 60_000 + lives * 1000,
  },
  () => liveThrough({ seed, lives }),
)

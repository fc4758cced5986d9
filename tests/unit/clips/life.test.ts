import fc from 'fast-check'
import { it } from 'vitest'
import { anyEvent, createModel } from './life-model.ts'

// The same lives in every run; SEED= tries others.
const seed = Number(process.env.SEED ?? 20_261_122)
const numRuns = Number(process.env.RUNS ?? 40)

it(
  'whatever happens in whatever order, no answered clip is lost, none is stored twice, and all comes to rest',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { minLength: 5, maxLength: 30 }), async (events) => {
        const model = await createModel()
        for (const event of events) await model.apply(event)
        await model.comeToRest()
      }),
      { seed, numRuns, endOnFailure: true },
    )
  },
  60_000 + numRuns * 1000,
)

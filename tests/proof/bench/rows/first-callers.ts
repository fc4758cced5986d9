import { environmentFor, spawnStubVendors } from '../../../support/stub-vendors.ts'
import type { Row } from '../row.ts'

const PROVIDERS = ['pinata', 'filebase', 'kubo'] as const
/** How long `UPLOAD_DEADLINE_MS` has a caller wait where nothing else is set. */
const DEADLINE_MS = 10_000
const MAX_CALLERS = 40
/** After so many quick answers one after the other nobody waits any more. */
const QUICK_ANSWERS = 5
const figure = 'callers that wait until their deadline'

/** How many callers wait in vain for providers that take requests and never answer. */
export const firstCallersRow: Row = {
  name: 'first-callers',
  title: `first callers, ${PROVIDERS.length} providers hang, one caller after another`,
  isIndifferent: true,
  aims: [{ words: '≤ 1 waits', figure, atMost: 1 }],
  run(bench) {
    return bench.perBuild(
      { [figure]: '' },
      async (build) => {
        const vendors = await spawnStubVendors()
        bench.defer(() => vendors.close())
        for (const name of PROVIDERS) await vendors.always(name, { kind: 'hang', scope: 'all' })
        const service = await bench.startOf(build)({
          environment: {
            ...environmentFor(vendors, ['elevenlabs', ...PROVIDERS]),
            IPFS_PROVIDERS: PROVIDERS.join(),
            UPLOAD_DEADLINE_MS: String(DEADLINE_MS),
          },
        })
        let waited = 0
        let quick = 0
        for (let caller = 0; caller < MAX_CALLERS && quick < QUICK_ANSWERS; caller += 1) {
          const { status, elapsedMs } = await service.vocalize()
          if (status !== 200) throw new Error(`vocalize answered ${status}`)
          const isQuick = elapsedMs < DEADLINE_MS
          quick = isQuick ? quick + 1 : 0
          if (!isQuick) waited += 1
        }
        return { [figure]: waited }
      },
      bench.longRounds,
    )
  },
}

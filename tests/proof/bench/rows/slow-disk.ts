import { findProgram } from '../../../../scripts/find-program.mjs'
import { environmentFor, spawnStubVendors } from '../../../support/stub-vendors.ts'
import type { Target } from '../measure/load.ts'
import type { Row } from '../row.ts'
import { vocalizeRequest } from '../worlds/speaking.ts'

const SYNC_MS = 3

/** With a disk whose syncs take as long as those of many in data centres. */
export const slowDiskRow: Row = {
  name: 'slow-disk',
  title: `\`vocalize\`, a disk that takes ${SYNC_MS} ms a sync`,
  aims: [
    {
      words: '≥ 0.8 × ours without',
      figure: 'requests a second',
      against: 'without',
      by: 'ratio',
      atLeast: 0.8,
    },
  ],
  async run(bench) {
    const strace = findProgram(['strace'])
    if (!strace) throw new Error('there is no strace, which makes syncs slow: apt-get install strace')
    const vendors = await spawnStubVendors()
    bench.defer(() => vendors.close())
    const environment = { ...environmentFor(vendors), SPEECH_CONCURRENCY: '100' }
    const targets: Target[] = []
    for (const build of bench.builds) {
      for (const [name, syncMs] of [
        [`without, ${build.name}`, 0],
        [build.name, SYNC_MS],
      ] as const) {
        const prefix = slowSyncs(strace, syncMs)
        const { baseUrl, processId } = await bench.startOf(build)({ environment, prefix })
        targets.push({ name, baseUrl, processId, request: vocalizeRequest('/api/agents/vocalize') })
      }
    }
    return bench.inTurns(targets)
  },
}

/** Both run under it, so that what it costs itself is in both. */
function slowSyncs(strace: string, syncMs: number): string[] {
  const calls = 'fsync,fdatasync'
  const inject = `--inject=${calls}:delay_exit=${syncMs}ms`
  return [
    strace,
    '-D',
    '-f',
    '-qq',
    '--seccomp-bpf',
    '-o',
    '/dev/null',
    `--trace=${calls}`,
    ...(syncMs ? [inject] : []),
  ]
}

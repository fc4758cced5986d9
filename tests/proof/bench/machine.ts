import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import type { Build } from './bench.ts'
import type { Cores } from './measure/cores.ts'

/** On what was measured. */
export interface Machine {
  processor: string
  cores: string
  memoryGiB: number
  node: string
  date: string
  /** Which commit each build is of. */
  commits: { name: string; commit: string }[]
}

export function machineOf(cores: Cores, builds: Build[]): Machine {
  const all = cpus()
  return {
    processor: `${all[0]?.model.trim() ?? 'unknown'}, ${all.length} cores`,
    cores: cores.words,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    commits: builds.map(({ name, root }) => ({ name, commit: commitOf(root) })),
  }
}

function commitOf(root: string): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

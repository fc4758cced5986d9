import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { findProgram } from '../../../../scripts/find-program.mjs'

/** Which cores servers and load have. */
export interface Cores {
  /** What is written before the command of a server. */
  serverPrefix: string[]
  /** For people. */
  words: string
}

/**
 * Gives the first core to the servers and the others to this process and what it starts from now on. Where there is no
 * `taskset`, or one core only, all share what there is.
 */
export function shareCores(): Cores {
  const cores = allowedCores()
  const shared = { serverPrefix: [], words: `servers and load share ${availableParallelism()} cores` }
  const [first, ...others] = cores
  if (first === undefined || others.length === 0 || !findProgram(['taskset'])) return shared
  const { status } = spawnSync('taskset', ['-acp', others.join(), String(process.pid)])
  if (status !== 0) return shared
  return {
    serverPrefix: ['taskset', '-c', String(first)],
    words: `servers on core ${first}, load and stub vendors on core ${others.join(', ')} (\`taskset\`)`,
  }
}

function allowedCores(): number[] {
  try {
    const list = readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list:\s*(\S+)/m)?.[1] ?? ''
    return list.split(',').flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_, index) => from + index)
    })
  } catch {
    return []
  }
}

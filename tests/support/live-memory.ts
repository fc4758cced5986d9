import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Environment } from './program.ts'
import { newDirectory, type Service } from './service.ts'
import { until } from './until.ts'

const MEBIBYTE = 1024 ** 2

/** What a process holds. */
export interface Memory {
  /** Of JavaScript and what it holds outside of its heap, garbage not counted. */
  liveMiB: number
  residentMiB: number
}

/**
 * Measures what a service holds, for which it collects its garbage first: otherwise a figure says little, since a heap may
 * grow by hundreds of MiB before Node.js finds it worth to look for garbage. Has the `environment` that the service needs.
 */
export async function memoryMeter(): Promise<{
  environment: Environment
  measure(service: Pick<Service, 'processId'>): Promise<Memory>
}> {
  const file = path.join(await newDirectory(), 'memory.json')
  const probe = path.join(import.meta.dirname, 'memory-probe.ts')
  const read = () => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as NodeJS.MemoryUsage
    } catch {
      return undefined
    }
  }
  return {
    environment: { NODE_OPTIONS: `--import=${probe}`, MEMORY_PROBE_FILE: file },
    async measure({ processId }) {
      rmSync(file, { force: true })
      process.kill(processId, 'SIGUSR2')
      const { heapUsed, external, rss } = await until('what the service holds', read, { timeoutMs: 60_000 })
      return { liveMiB: (heapUsed + external) / MEBIBYTE, residentMiB: rss / MEBIBYTE }
    },
  }
}

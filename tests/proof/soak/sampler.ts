import { readdir } from 'node:fs/promises'
import type { Service } from '../../support/service.ts'
import type { Latencies } from './load.ts'

const MEBIBYTE = 1024 ** 2

/** One moment of the run. Latencies are of the time since the sample before, in milliseconds. */
export interface Sample {
  seconds: number
  memoryMiB: number
  heapMiB: number
  openFiles: number
  vocalizeP50: number
  vocalizeP99: number
  listenP50: number
  listenP99: number
}

/** Measures the service's process and takes the latencies that were collected since the last call. */
export async function takeSample(service: Service, seconds: number, latencies: Latencies): Promise<Sample> {
  const metrics = await (
    await service.fetch('/api/metrics', { headers: { authorization: 'Bearer soak-metrics-token' } })
  ).text()
  const measured = (name: string) =>
    Number(metrics.match(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm'))?.[1])
  const vocalize = latencies.vocalize.splice(0).toSorted((a, b) => a - b)
  const listen = latencies.listen.splice(0).toSorted((a, b) => a - b)
  return {
    seconds,
    memoryMiB: measured('process_resident_memory_bytes') / MEBIBYTE,
    heapMiB: measured('nodejs_heap_size_used_bytes') / MEBIBYTE,
    openFiles: (await readdir(`/proc/${service.processId}/fd`)).length,
    vocalizeP50: quantile(vocalize, 0.5),
    vocalizeP99: quantile(vocalize, 0.99),
    listenP50: quantile(listen, 0.5),
    listenP99: quantile(listen, 0.99),
  }
}

/** Of sorted values. */
export function quantile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

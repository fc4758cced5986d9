import { readFile } from 'node:fs/promises'

/** The kernel's clock tick, which Linux has for user space on every architecture. */
const TICK_MS = 10

/** CPU time that a process has used so far, in milliseconds, its threads included. */
export async function cpuMs(processId: number): Promise<number> {
  const text = await readFile(`/proc/${processId}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** Memory that a process holds now, in MiB. */
export async function memoryMib(processId: number): Promise<number> {
  const text = await readFile(`/proc/${processId}/status`, 'utf8')
  return Number(text.match(/^VmRSS:\s+(\d+) kB$/m)?.[1]) / 1024
}

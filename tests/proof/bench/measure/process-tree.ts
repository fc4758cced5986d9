import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever the machine. */
const TICKS_PER_SECOND = 100

interface ProcessEntry {
  processId: number
  parentId: number
  cpuSeconds: number
}

/** The processor time that a process and those that it has started have used so far; 0 where there is no `/proc`. */
export function cpuSecondsOf(processId: number): number {
  return treeOf(processId).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
}

/** What a process and those that it has started have in memory; 0 where there is no `/proc`. */
export function residentMiBOf(processId: number): number {
  const kibibytes = treeOf(processId).map(({ processId: id }) => {
    const status = read(`/proc/${id}/status`)
    return Number(status?.match(/^VmRSS:\s*(\d+)/m)?.[1] ?? 0)
  })
  return kibibytes.reduce((sum, size) => sum + size, 0) / 1024
}

function treeOf(rootId: number): ProcessEntry[] {
  const all = entries()
  const tree = all.filter(({ processId }) => processId === rootId)
  for (const { processId } of tree) tree.push(...all.filter(({ parentId }) => parentId === processId))
  return tree
}

function entries(): ProcessEntry[] {
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return []
  }
  return names.filter((name) => /^\d+$/.test(name)).flatMap((name) => entryOf(Number(name)) ?? [])
}

function entryOf(processId: number): ProcessEntry | undefined {
  const stat = read(`/proc/${processId}/stat`)
  // The name, in brackets, may have spaces and brackets in it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (!fields) return undefined
  const [parentId, userTicks, systemTicks] = [fields[1], fields[11], fields[12]].map(Number)
  return {
    processId,
    parentId: parentId as number,
    cpuSeconds: ((userTicks as number) + (systemTicks as number)) / TICKS_PER_SECOND,
  }
}

/** `undefined` once the process is gone. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

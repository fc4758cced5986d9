import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * The scope in which a process id names one process: this machine since its last start, and on it this container. The
 * host name alone would not do, since machines may share one.
 */
export const hostIdentity = createHash('sha256')
  .update(
    [
      hostname(),
      orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
      orEmpty(() => readlinkSync('/proc/self/ns/pid')),
    ].join('\n'),
  )
  .digest('hex')
  .slice(0, 16)

/** A name for this process that no other one has, on any machine: `<host>:<process id>:<random>`. */
export function newProcessName(): string {
  return `${hostIdentity}:${process.pid}:${randomBytes(6).toString('hex')}`
}

/**
 * Whether the process of the name `other` is known to have ended: it ran on this host, and its process id is free or is
 * that of this process, whose name is `self`. Nothing is known of processes on other hosts.
 */
export function isDeadProcess(other: string, self: string): boolean {
  const [host, processId] = other.split(':')
  if (other === self || host !== hostIdentity) return false
  return Number(processId) === process.pid || !isProcessAlive(Number(processId))
}

function isProcessAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Only Linux has these files. */
function orEmpty(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Where process ids mean the same processes: this machine since it was started, and in it this container. Machines may
 * share a host name, and a catalog.
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

/** A name for this process in leases: `<host>:<process id>:<random>`. */
export function newLeaseOwner(): string {
  return `${hostIdentity}:${process.pid}:${randomBytes(6).toString('hex')}`
}

/**
 * Whether the process that `owner` names is known to have died: it ran on this host and its process id is free, or is
 * this process's own. Of other hosts nothing is known; their leases run out by themselves.
 */
export function isDeadProcess(owner: string, self: string): boolean {
  const [ownersHost, processId] = owner.split(':')
  if (owner === self || ownersHost !== hostIdentity) return false
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

/** Only Linux tells. */
function orEmpty(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

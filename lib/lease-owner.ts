import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** A name for this process in leases: `<host>:<process id>:<random>`. */
export function newLeaseOwner(): string {
  return `${hostname()}:${process.pid}:${randomBytes(6).toString('hex')}`
}

/**
 * Whether the process that `owner` names is known to have died: it ran on this host and its process id is free, or is
 * this process's own. Of other hosts nothing is known; their leases run out by themselves.
 */
export function isDeadLeaseOwner(owner: string, self: string): boolean {
  const [host, processId] = owner.split(':')
  if (owner === self || host !== hostname()) return false
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

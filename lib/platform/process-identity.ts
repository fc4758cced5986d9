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

/** A name for this process that no other one has, on any machine: `<host>:<process id>:<start>-<random>`. */
export function newProcessName(): string {
  const start = readProcess(process.pid)?.start ?? ''
  return `${hostIdentity}:${process.pid}:${start}-${randomBytes(6).toString('hex')}`
}

/**
 * Whether the process of the name `other` is known to have ended: it ran on this host, and its process id is free, that of
 * this process, whose name is `self`, or that of one which began later. Nothing is known of processes on other hosts.
 */
export function isDeadProcess(other: string, self: string): boolean {
  return other !== self && isOfThisHost(other) && !isRunning(other)
}

/** Whether the process of the name `other` is another one than `self`, and can be seen to run on this host. */
export function isLivingProcess(other: string, self: string): boolean {
  return other !== self && isOfThisHost(other) && isRunning(other)
}

const isOfThisHost = (name: string) => name.startsWith(`${hostIdentity}:`)

function isRunning(name: string): boolean {
  const [, processId, instance = ''] = name.split(':')
  if (Number(processId) === process.pid) return false
  try {
    process.kill(Number(processId), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const found = readProcess(Number(processId))
  if (!found) return true
  const start = instance.includes('-') ? instance.slice(0, instance.indexOf('-')) : ''
  // One that has ended keeps its process id until its parent has asked how.
  return found.state !== 'Z' && (start === '' || start === found.start)
}

/**
 * The state of a process, and when it began, in ticks since the machine did; `undefined` outside of Linux.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function readProcess(processId: number): { state: string | undefined; start: string } | undefined {
  const stat = orEmpty(() => readFileSync(`/proc/${processId}/stat`, 'utf8'))
  // The second field is a name in parentheses, which may have any character in it.
  const [state, ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const start = others[18]
  return start === undefined ? undefined : { state, start }
}

/** Only Linux has these files. */
function orEmpty(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

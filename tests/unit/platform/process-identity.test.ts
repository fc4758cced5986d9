import { describe, expect, it } from 'vitest'
import {
  hostIdentity,
  isDeadProcess,
  isLivingProcess,
  newProcessName,
} from '#lib/platform/process-identity.ts'

// The highest process id that Linux ever gives is 2^22.
const deadName = `${hostIdentity}:${2 ** 22 + 1}:000000000000`

describe('the name of a process', () => {
  const self = newProcessName()

  it('is another at each call, and holds the host and the process id', () => {
    expect(newProcessName()).not.toBe(self)
    expect(self.startsWith(`${hostIdentity}:${process.pid}:`)).toBe(true)
  })

  it.each([
    ['itself', false, self],
    ['a process id that is free', true, deadName],
    ['an earlier life of this process id', true, `${hostIdentity}:${process.pid}:000000000000`],
    ['a living process', false, `${hostIdentity}:${process.ppid}:000000000000`],
    ['a process whose id another one has now', true, `${hostIdentity}:${process.ppid}:1-000000000000`],
    ['another host', false, `elsewhere:${2 ** 22 + 1}:000000000000`],
    ['nonsense', false, 'nonsense'],
    ['nonsense of this host', false, `${hostIdentity}:x:y`],
    ['nothing', false, ''],
  ])('where it is that of %s: known to have ended is %s', (_, isDead, name) => {
    expect(isDeadProcess(name, self)).toBe(isDead)
    if (isDead) expect(isLivingProcess(name, self)).toBe(false)
  })

  it('says of another process that lives on this host that it does, and of no other', () => {
    expect(isLivingProcess(`${hostIdentity}:${process.ppid}:000000000000`, self)).toBe(true)
    expect(isLivingProcess(self, self)).toBe(false)
    expect(isLivingProcess(`elsewhere:${process.ppid}:000000000000`, self)).toBe(false)
  })
})

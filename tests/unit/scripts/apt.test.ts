import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { whenUnlocked } from '../../../scripts/apt.mjs'
import { StepError } from '../../../scripts/process.mjs'

const locked = (file: string) =>
  new StepError('Refreshing failed', `E: Could not get lock ${file}. It is held by process 11349 (apt-get)`)

beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true))
afterEach(() => void vi.restoreAllMocks())

describe('an installation, while another one is running,', () => {
  it.each([['/var/lib/apt/lists/lock'], ['/var/cache/apt/archives/lock'], ['/var/lib/dpkg/lock-frontend']])(
    'waits for the other one to give %s back',
    async (file) => {
      const step = vi.fn(async () => {})
      step.mockRejectedValueOnce(locked(file)).mockRejectedValueOnce(locked(file))
      await whenUnlocked(step, { waitMs: 0 })
      expect(step).toHaveBeenCalledTimes(3)
    },
  )

  it('gives up in the end', async () => {
    const step = vi.fn().mockRejectedValue(locked('/var/lib/apt/lists/lock'))
    await expect(whenUnlocked(step, { tries: 4, waitMs: 0 })).rejects.toThrow('Refreshing failed')
    expect(step).toHaveBeenCalledTimes(4)
  })

  it('is not repeated where it has failed for another reason', async () => {
    const step = vi.fn().mockRejectedValue(new StepError('Installing failed', 'E: Unable to locate package'))
    await expect(whenUnlocked(step, { waitMs: 0 })).rejects.toThrow('Installing failed')
    expect(step).toHaveBeenCalledOnce()
  })
})

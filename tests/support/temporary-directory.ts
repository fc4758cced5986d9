import { accessSync, constants, statfsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

const MEMORY = '/dev/shm'

/** A new directory, in memory where the machine offers that, which goes when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(fastDirectory(), 'voicepin-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }))
  return directory
}

/** A directory for what is short-lived: in memory where the machine offers that, and has `neededBytes` there. */
export function fastDirectory(neededBytes = 0): string {
  try {
    accessSync(MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= neededBytes ? MEMORY : tmpdir()
  } catch {
    return tmpdir()
  }
}

import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

/** Whether this user may mount file systems: only root on Linux. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tryMount()

/** A directory on a disk of its own that holds hardly more than `sizeBytes`, gone when the test ends. */
export async function smallDisk(sizeBytes: number) {
  const directory = await temporaryDirectory()
  mount(directory, `size=${sizeBytes}`)
  onTestFinished(() => unmount(directory))
  return {
    directory,
    makeReadOnly: () => mount(directory, 'remount,ro'),
    makeWritable: () => mount(directory, 'remount,rw'),
  }
}

function mount(directory: string, options: string) {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'pipe' })
}

function unmount(directory: string) {
  execFileSync('umount', ['--lazy', directory], { stdio: 'pipe' })
}

function tryMount(): boolean {
  try {
    // Fails where a container takes the right to mount away even from root.
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { whenUnlocked } from '../../scripts/apt.mjs'
import { findServer, isExecutable } from '../../scripts/find-program.mjs'
import { runStep } from '../../scripts/process.mjs'
import { requirePrograms } from '../../scripts/programs.mjs'

const root = process.env.VOICEPIN_TRIXIE_ROOT ?? path.join(homedir(), '.cache/voicepin/trixie')
const packages = ['radosgw', 'valkey-server']
const programs = ['usr/bin/radosgw', 'usr/bin/valkey-server']

const debootstrap = {
  title: 'debootstrap',
  debian: 'debootstrap',
  hint: 'apt-get install debootstrap',
  find: () => findServer('debootstrap'),
}

/**
 * The folder of a Debian 13 with the engines that older ones lack, made where it is missing: some 700 MB, which stay for
 * the next run. Only root can make it and run programs in it.
 */
export async function trixieRoot(): Promise<string> {
  if (process.getuid?.() !== 0)
    throw new Error('The engines of Debian 13 run in a folder of their own, as root')
  if (programs.every((program) => isExecutable(path.join(root, program)))) return root
  await requirePrograms([debootstrap])
  await rm(root, { recursive: true, force: true })
  await mkdir(root, { recursive: true })
  await runStep('Making a Debian 13', debootstrap.find() ?? '', ['--variant=minbase', 'trixie', root])
  await copyFile('/etc/resolv.conf', path.join(root, 'etc/resolv.conf'))
  // Its packages must start no service of this machine.
  const policy = path.join(root, 'usr/sbin/policy-rc.d')
  await writeFile(policy, '#!/bin/sh\nexit 101\n')
  await chmod(policy, 0o755)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages]
  await whenUnlocked(() =>
    runStep(`Installing ${packages.join(', ')} there`, 'chroot', [root, ...install], { env }),
  )
  return root
}

/** A folder inside of the root, and its name there. */
export async function folderInside(name: string): Promise<{ outside: string; inside: string }> {
  const inside = path.join('/tmp', `${name}-${process.pid}`)
  const outside = path.join(root, inside)
  await mkdir(outside, { recursive: true })
  return { outside, inside }
}

/** Runs a program of the root to its end. @throws with what it said where it fails */
export async function runInside(command: string[]): Promise<void> {
  await promisify(execFile)('chroot', [root, ...command])
}

/** Runs a program of the root until it is stopped, by SIGTERM where no other signal is named. */
export function startInside(command: string[]): { stop: (signal?: NodeJS.Signals) => Promise<void> } {
  const child = spawn('chroot', [root, ...command], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  return {
    async stop(signal = 'SIGTERM') {
      process.off('exit', kill)
      child.kill(signal)
      await exited
    },
  }
}

import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const MEBIBYTE = 1024 ** 2
const run = promisify(execFile)

/** Podman as it can run here, with its settings in `folder`; nothing of the machine's own settings is changed. */
export function podmanIn(folder: string) {
  const settings = path.join(folder, 'containers.conf')
  writeFileSync(settings, settingsOfThisMachine())
  const env = {
    ...process.env,
    CONTAINERS_CONF: settings,
    // The format that keeps HEALTHCHECK.
    BUILDAH_FORMAT: 'docker',
    // Without systemd there are no timers for health checks: they are run here, when they are wanted.
    ...(!existsSync('/run/systemd/system') && { DISABLE_HC_SYSTEMD: 'true' }),
  }

  /** Runs a command and gives what it printed. @throws with what it said when it fails */
  async function call(program: string, args: string[], cwd = folder): Promise<string> {
    const { stdout } = await run(program, args, { cwd, env, maxBuffer: 64 * MEBIBYTE })
    return stdout.trim()
  }
  const podman = (...args: string[]) => call('podman', args)

  return {
    env,
    call,
    podman,
    inspect: (name: string, what: string) => podman('inspect', name, '--format', what),
    /** Whether the health check that the image or the compose file declares succeeds now. */
    isHealthy: (name: string) =>
      podman('healthcheck', 'run', name).then(
        () => true,
        () => false,
      ),
    /** The most memory that a container has ever needed, in MiB, page cache included, and of it what no file gives back. */
    async memoryOf(name: string): Promise<string> {
      const processId = await podman('inspect', name, '--format', '{{.State.Pid}}')
      const groups = readFileSync(`/proc/${processId}/cgroup`, 'utf8')
      const old = /^\d+:memory:(.*)$/m.exec(groups)?.[1]
      const at =
        old === undefined ? `/sys/fs/cgroup${/^0::(.*)$/m.exec(groups)?.[1]}` : `/sys/fs/cgroup/memory${old}`
      const most = Number(
        readFileSync(path.join(at, old === undefined ? 'memory.peak' : 'memory.max_usage_in_bytes'), 'utf8'),
      )
      return `${Math.round(most / MEBIBYTE)} MiB`
    },
  }
}

export type Podman = ReturnType<typeof podmanIn>

/**
 * A runtime that knows the control groups of this machine, and limits that it may set: without the right to raise limits
 * the defaults of podman are refused.
 */
function settingsOfThisMachine(): string {
  const isHybrid = existsSync('/sys/fs/cgroup/unified')
  const files =
    /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024'
  return [
    '[containers]',
    `default_ulimits = ["nofile=${files}:${files}", "nproc=4096:4096"]`,
    '[engine]',
    ...(isHybrid ? ['runtime = "runc"'] : []),
    'cgroup_manager = "cgroupfs"',
    '',
  ].join('\n')
}

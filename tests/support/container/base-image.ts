import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Podman } from './podman.ts'

export const BASE_IMAGE = 'localhost/voicepin-test-base'
/** What the base image of the Dockerfile is made of. */
const SUITE = 'trixie'
/** The engines of compose.yaml as Debian has them. */
const ENGINES = ['postgresql', 'valkey-server', 'nginx-light', 'wget', 'ca-certificates']
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Makes a stand-in for the image `node:24-trixie-slim`, since no registry may be reached: Debian by debootstrap, with this
 * Node.js, npm, and the engines beside it. It is made once.
 */
export async function makeBaseImage({ podman }: Podman): Promise<void> {
  if ((await podman('images', '--quiet', BASE_IMAGE)) !== '') return
  const root = mkdtempSync(path.join(tmpdir(), 'voicepin-base-'))
  try {
    const mirror =
      /^(?:URIs: |deb )(\S+\/debian\/?)(?:\s|$)/m.exec(sourcesOfThisMachine())?.[1] ??
      'http://deb.debian.org/debian'
    run('debootstrap', ['--variant=minbase', `--include=${ENGINES.join(',')}`, SUITE, root, mirror])
    copyFileSync(process.execPath, path.join(root, 'usr/local/bin/node'))
    const npm = npmFolder()
    cpSync(npm, path.join(root, 'usr/local/lib/node_modules/npm'), { recursive: true })
    for (const name of ['npm', 'npx']) {
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(root, 'usr/local/bin', name))
    }
    run('chroot', [root, 'useradd', '--uid=1000', '--create-home', 'node'])
    run('sh', ['-c', 'tar --directory="$1" --create . | podman import - "$2"', 'sh', root, BASE_IMAGE])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Builds the Dockerfile of the project in `project` on that image, and gives it the name `voicepin`. */
export async function buildImage({ call }: Podman, project: string): Promise<void> {
  const own = existsSync(CERTIFICATES) ? ['--volume', `${CERTIFICATES}:${CERTIFICATES}:ro`] : []
  const trusted = ['NODE_EXTRA_CA_CERTS', 'npm_config_cafile'].flatMap((name) => [
    '--env',
    `${name}=${CERTIFICATES}`,
  ])
  await call(
    'podman',
    [
      'build',
      '--network=host',
      ...own,
      ...trusted,
      `--build-arg=NODE_IMAGE=${BASE_IMAGE}`,
      '--tag=localhost/voicepin',
      '.',
    ],
    project,
  )
}

function sourcesOfThisMachine(): string {
  return execFileSync(
    'sh',
    ['-c', 'cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true'],
    {
      encoding: 'utf8',
    },
  )
}

function npmFolder(): string {
  const command = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim()
  return path.resolve(realpathSync(command), '../..')
}

function run(program: string, args: string[]) {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseYaml } from '@redocly/openapi-core'
import { credentials } from '../stub-vendors.ts'
import { BASE_IMAGE } from './base-image.ts'
import type { Podman } from './podman.ts'

interface ComposeFile {
  services: Record<string, Record<string, unknown>>
}

/** Each $ is doubled for Compose, which puts variables in otherwise. */
const startPostgres = `
set -e
data=/var/lib/postgresql/data
if [ ! -s $$data/PG_VERSION ]; then
  install --directory --owner=postgres --group=postgres $$data
  export PATH=$$PATH:/usr/lib/postgresql/17/bin
  su --preserve-environment postgres -c 'printf %s "$$POSTGRES_PASSWORD" > /tmp/password
    initdb --pgdata='$$data' --username="$$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust
    echo "host all all all scram-sha-256" >> '$$data'/pg_hba.conf
    echo "CREATE DATABASE \\"$$POSTGRES_DB\\"" | postgres --single -D '$$data' postgres' >/dev/null
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups /usr/lib/postgresql/17/bin/postgres -D $$data -c listen_addresses='*' -c unix_socket_directories=/tmp
`

/** Puts in place of the images of the engines, which no registry gives here, what Debian and our own stand-ins have. */
function withStandIns(file: ComposeFile, project: string): ComposeFile {
  const standIn = (name: string) => ({
    image: BASE_IMAGE,
    command: ['node', `${project}/tests/support/container/stand-ins.ts`, name],
    volumes: [`${project}:${project}:ro`],
    environment: {},
    healthcheck: { test: ['NONE'] },
  })
  const engines: Record<string, Record<string, unknown>> = {
    nginx: { image: BASE_IMAGE },
    redis: { image: BASE_IMAGE },
    postgres: {
      image: BASE_IMAGE,
      command: ['bash', '-c', startPostgres],
      healthcheck: {
        test: ['CMD-SHELL', 'pg_isready --host=127.0.0.1 --username=voicepin --dbname=voicepin'],
      },
    },
    s3: standIn('s3'),
    kubo: standIn('kubo'),
  }
  const services = Object.fromEntries(
    Object.entries(file.services)
      .filter(([, { profiles }]) => !profiles)
      .map(([name, service]) => [name, { ...service, ...engines[name], build: undefined }]),
  )
  return { ...file, services }
}

/** compose.yaml, brought up by podman-compose from a folder of its own. */
export function composeIn(folder: string, project: string, { call, podman }: Podman, port: number) {
  const name = 'voicepin-test'
  const file = parseYaml(readFileSync(path.join(project, 'compose.yaml'), 'utf8')) as ComposeFile
  writeFileSync(path.join(folder, 'compose.yaml'), JSON.stringify(withStandIns(file, project)))
  cpSync(path.join(project, 'deploy'), path.join(folder, 'deploy'), { recursive: true })
  const variables = {
    POSTGRES_PASSWORD: '3f9a7c51e20d',
    S3_ACCESS_KEY_ID: 'voicepin',
    S3_SECRET_ACCESS_KEY: 'the-secret-of-the-container-test',
    ADMIN_API_KEY: 'the-admin-key-of-the-container-test',
    KUBO_RPC_AUTHORIZATION: credentials.kuboAuthorization,
    HTTP_PORT: String(port),
  }
  const lines = Object.entries(variables).map(([variable, value]) => `${variable}=${value}\n`)
  writeFileSync(path.join(folder, '.env'), lines.join(''), { mode: 0o600 })
  const compose = (...args: string[]) => call('podman-compose', ['--project-name', name, ...args], folder)
  return {
    up: () => compose('up', '--no-build', '--detach'),
    /** The container of a service. */
    containerOf: (service: string) => `${name}_${service}_1`,
    logsOf: (service: string) => podman('logs', '--tail=20', `${name}_${service}_1`),
    down: () => compose('down', '--volumes', '--timeout', '30'),
  }
}

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseYaml } from '@redocly/openapi-core'
import { parse as parseToml } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { readFinalStage } from '../../support/image/dockerfile.ts'

const project = path.resolve(import.meta.dirname, '../../..')
const text = (file: string) => readFileSync(path.join(project, file), 'utf8')
const image = readFinalStage(path.join(project, 'Dockerfile'))

/** What a file says that a host reads, whatever its own words for it. */
interface Deployment {
  mountPath: string
  healthPath: string
  stopAfterSeconds: number
  environment: Record<string, string>
  buildArguments: Record<string, string>
  /** What the host itself sets. */
  host: Record<string, string>
}

function readRender(): Deployment {
  const { services } = parseYaml(text('deploy/render.yaml')) as {
    services: {
      healthCheckPath: string
      maxShutdownDelaySeconds: number
      disk: { mountPath: string }
      envVars: { key: string; value?: string; generateValue?: true }[]
    }[]
  }
  const [service] = services
  if (!service) throw new Error('There is no service')
  const { healthCheckPath, maxShutdownDelaySeconds, disk, envVars } = service
  const environment = Object.fromEntries(
    envVars.map(({ key, value, generateValue }) => [key, value ?? (generateValue ? 'x'.repeat(32) : '')]),
  )
  return {
    mountPath: disk.mountPath,
    healthPath: healthCheckPath,
    stopAfterSeconds: maxShutdownDelaySeconds,
    environment,
    buildArguments: environment,
    host: { RENDER: 'true' },
  }
}

function readRailway(): Deployment {
  const { deploy } = JSON.parse(text('deploy/railway.json'))
  return {
    mountPath: deploy.requiredMountPath,
    healthPath: deploy.healthcheckPath,
    stopAfterSeconds: deploy.drainingSeconds,
    environment: {},
    // Railway has a variable of its own for it, which is no matter of this file.
    buildArguments: { RUN_AS: '0:0' },
    host: { RAILWAY_ENVIRONMENT_ID: 'an-id', PORT: '8080' },
  }
}

function readFly(): Deployment {
  const file = parseToml(text('deploy/fly.toml')) as unknown as {
    kill_timeout: string
    build: { args: Record<string, string> }
    env: Record<string, string>
    mounts: { destination: string }
    http_service: { internal_port: number; checks: { path: string }[] }
  }
  expect(String(file.http_service.internal_port)).toBe(file.env.PORT)
  return {
    mountPath: file.mounts.destination,
    healthPath: file.http_service.checks[0]?.path ?? '',
    stopAfterSeconds: Number.parseInt(file.kill_timeout, 10),
    environment: file.env,
    buildArguments: file.build.args,
    host: { FLY_MACHINE_ID: 'an-id' },
  }
}

describe.each([
  ['render.yaml', readRender()],
  ['railway.json', readRailway()],
  ['fly.toml', readFly()],
])('deploy/%s', (_, { mountPath, healthPath, stopAfterSeconds, environment, buildArguments, host }) => {
  const all = { ...image.environment, ...environment, ...host }
  const isUnder = (directory: string) => directory.startsWith(`${mountPath}/`)

  it('puts a volume where the image keeps what must last, which the service takes for one', () => {
    expect(image.ownFolders).toEqual([mountPath])
    expect(() => readConfig(all, { isMounted: isUnder })).not.toThrow()
    expect(() => readConfig(all, { isMounted: () => false })).toThrow('takes a folder on a mounted volume')
  })

  it('asks whether the service is ready, and gives it the time that it takes to stop', () => {
    expect(healthPath).toBe('/api/health/ready')
    const { shutdownGraceMs } = readConfig(all, { isMounted: isUnder })
    expect(stopAfterSeconds).toBeGreaterThanOrEqual(shutdownGraceMs / 1000 + 20)
  })

  it('runs as the one whom its volumes belong to', () => {
    expect(Object.keys(image.arguments)).toContain('RUN_AS')
    expect(buildArguments.RUN_AS).toBe('0:0')
  })
})

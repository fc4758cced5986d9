import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseYaml } from '@redocly/openapi-core'
import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { readFinalStage } from '../../support/image/dockerfile.ts'

interface ComposeService {
  image: string
  build?: string
  command?: string[]
  environment?: Record<string, unknown>
  restart?: string
  read_only?: boolean
  volumes?: string[]
  healthcheck?: { it: string[] }
  depends_on?: Record<string, { condition: string }>
}

const project = path.resolve(import.meta.dirname, '../../..')
const text = readFileSync(path.join(project, 'compose.yaml'), 'utf8')
const compose = parseYaml(text) as { services: Record<string, ComposeService>; volumes: Record<string, null> }
const services = Object.entries(compose.services)
const ours = services.filter(([, { build }]) => build)
const image = readFinalStage(path.join(project, 'Dockerfile'))

/** Puts values in as Compose does. */
function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  const fill = (value: unknown) =>
    String(value).replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name, sign, word) =>
      sign === '-' ? word : `given-${name}`,
    )
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fill(value)]))
}

describe('the compose file', () => {
  it.each(ours)('configures %s as the service takes it', (_, service) => {
    const config = readConfig({ ...image.environment, ...environmentOf(service) })
    expect(config).toMatchObject({ port: 3000, access: { trustedProxies: 1 } })
    expect([config.databaseUrl, config.redisUrl, config.s3?.bucket]).not.toContain(undefined)
  })

  it('has two web instances that leave the work to one worker', () => {
    const works = ours.map(([name, service]) => [name, readConfig(environmentOf(service)).hasBackground])
    expect(Object.fromEntries(works)).toEqual({ 'web-1': false, 'web-2': false, worker: true })
    expect(compose.services.worker?.command).toEqual(['node', 'bin/worker.ts'])
    const worker = readConfig(environmentOf(compose.services.worker as ComposeService))
    expect(worker.workerPort).toBe(worker.port)
  })

  it('puts both behind nginx, by their names', () => {
    const conf = readFileSync(path.join(project, 'deploy/nginx.conf'), 'utf8')
    const upstreams = [...conf.matchAll(/^\s*server (\S+) max_fails/gm)].map(([, host]) => host)
    expect(upstreams).toEqual(['web-1:3000', 'web-2:3000'])
  })

  it('holds no secret', () => {
    const secrets = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(([name]) => /PASSWORD|KEY|SECRET|DATABASE_URL/.test(name)),
    )
    expect(secrets.length).toBeGreaterThan(5)
    for (const [, value] of secrets) expect(value).toMatch(/\$\{\w+:\?[^}]+\}/)
  })

  it.each(services)('starts %s again, and knows whether it is well', (_, service) => {
    expect(service.restart).toBe('unless-stopped')
    expect(service.healthcheck ?? (service.build && image.healthCheck)).toBeTruthy()
  })

  it('waits only for services, and mounts only volumes and files that there are', () => {
    for (const [, { depends_on = {}, volumes = [] }] of services) {
      for (const name of Object.keys(depends_on)) expect(compose.services).toHaveProperty([name])
      for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
        if (source.startsWith('.')) expect(existsSync(path.join(project, source))).toBe(true)
        else expect(compose.volumes).toHaveProperty([source])
      }
    }
  })

  it.each(ours)('gives %s a disk of its own, and lets it write nowhere else', (name, service) => {
    expect(service.volumes).toEqual([`${name}:${image.ownFolders[0]}`])
    expect(service.read_only).toBe(true)
  })
})

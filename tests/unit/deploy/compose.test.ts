import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseYaml } from '@redocly/openapi-core'
import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { configWarnings } from '#lib/config/warnings.ts'
import { readFinalStage } from '../../support/image/dockerfile.ts'

interface ComposeService {
  image: string
  build?: string
  command?: string[]
  environment?: Record<string, unknown>
  restart?: string
  read_only?: boolean
  volumes?: string[]
  healthcheck?: { test: string[] }
  logging?: { options: Record<string, string> }
  mem_limit?: string
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
}

const project = path.resolve(import.meta.dirname, '../../..')
const text = readFileSync(path.join(project, 'compose.yaml'), 'utf8')
const compose = parseYaml(text) as { services: Record<string, ComposeService>; volumes: Record<string, null> }
const services = Object.entries(compose.services)
const ours = services.filter(([, { build }]) => build)
const image = readFinalStage(path.join(project, 'Dockerfile'))

/** Puts values in as Compose does. */
const fill = (value: unknown, given: Record<string, string> = {}) =>
  String(value).replaceAll(
    /\$\{(\w+):([-?])([^}]*)\}/g,
    (_, name, sign, word) => given[name] ?? (sign === '-' ? word : `given-${name}`),
  )

function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
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
    expect(compose.services.worker?.command).toEqual(['node', 'dist/bin/worker.js'])
    const worker = readConfig(environmentOf(compose.services.worker as ComposeService))
    expect(worker.workerPort).toBe(worker.port)
  })

  it('gives out addresses at whatever port it is reached, and keeps clips without any key', () => {
    const config = readConfig(environmentOf(compose.services['web-1'] as ComposeService))
    expect(config.publicBaseUrl).toBeUndefined()
    expect(config.ipfs).toMatchObject({
      usesOwnGateway: true,
      vendors: { kubo: { url: 'http://kubo:5001', gatewayUrl: 'http://kubo:8080' } },
    })
    expect(configWarnings(config)).toEqual([expect.stringContaining('No ELEVENLABS_API_KEY is set')])
  })

  it('lets only this machine in, unless another address is given', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports)
    expect(published.map((port) => fill(port))).toEqual(['127.0.0.1:8080:8080'])
    const given = { HTTP_ADDRESS: '0.0.0.0', HTTP_PORT: '80' }
    expect(published.map((port) => fill(port, given))).toEqual(['0.0.0.0:80:8080'])
  })

  it.each(services)('bounds the memory and the log of %s, and pins its image', (_, service) => {
    expect(service.logging?.options).toEqual({ 'max-size': '10m', 'max-file': '5' })
    expect(fill(service.mem_limit)).toMatch(/^\d+[mg]$/)
    expect(service.image).toMatch(service.build ? /^voicepin$/ : /:(?!latest).+$/)
  })

  it('asks whether a service is ready, and not only alive', () => {
    expect(image.healthCheck.join(' ')).toContain('GET /api/health/ready')
    expect(compose.services.nginx?.healthcheck?.test.at(-1)).toMatch(/\/api\/health\/ready$/)
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

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { gatewayOrigins } from '#lib/http/page-security.ts'

const example = readFileSync(path.join(import.meta.dirname, '../../../.env.example'), 'utf8')
const names = Object.keys(parseEnv(example.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, '')))

describe('the origins without https from which a page may play audio', () => {
  it('are those of every gateway that is configured', () => {
    const gateways = names.filter((name) => name.endsWith('_GATEWAY_URL'))
    expect(gateways).toEqual(expect.arrayContaining(['IPFS_GATEWAY_URL', 'PINNING_SERVICE_GATEWAY_URL']))
    const originOf = (name: string) => `http://${name.toLowerCase().replaceAll('_', '-')}.test`
    const environment = Object.fromEntries(gateways.map((name) => [name, `${originOf(name)}/ipfs`]))
    expect(gatewayOrigins(readConfig(environment)).sort()).toEqual(gateways.map(originOf).sort())
  })

  it('are none where all gateways have https', () => {
    expect(gatewayOrigins(readConfig({ KUBO_GATEWAY_URL: 'https://node.test' }))).toEqual([])
  })
})

import { CarReader } from '@ipld/car'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storeOfficialFiles } from '../../../support/conformance-files.ts'
import { type GatewayWorld, openGateway } from '../../../support/gateway-world.ts'
import { asItIs } from './conformance/as-it-is.ts'
import { atTheFile } from './conformance/at-the-file.ts'
import type { Case } from './conformance/case.ts'
import { decided } from './conformance/decided.ts'

/*
 * The cases of ipfs/gateway-conformance (as of April 2026) for path and trustless gateways, with its names, its requests
 * and its facts. Those for names (IPNS, DNSLink), subdomains and `_redirects` are not here: docs/gateway.md says why.
 */

let world: GatewayWorld

beforeAll(async () => {
  world = await openGateway()
  await storeOfficialFiles(world)
})
afterAll(() => world.close())

async function blocksIn(bytes: Uint8Array): Promise<string[]> {
  const car = await CarReader.fromBytes(bytes)
  return (await Array.fromAsync(car.cids())).map(String)
}

async function expectAnswer({
  path,
  method = 'GET',
  headers = {},
  status = 200,
  answer,
  body,
  blocks,
}: Case) {
  const response = await fetch(`${world.origin}${path}`, { method, headers })
  const bytes = await response.bytes()
  expect(response.status).toBe(status)
  for (const [name, value] of Object.entries(answer ?? {})) {
    if (typeof value === 'string') expect([name, response.headers.get(name)]).toEqual([name, value])
    else expect(`${name}: ${response.headers.get(name)}`).toMatch(value)
  }
  if (body) expect(bytes).toEqual(body)
  if (blocks) expect(await blocksIn(bytes)).toEqual(blocks)
}

describe.each(Object.entries(asItIs))('%s, as it is', (_, cases) => {
  it.each(cases)('$official', expectAnswer)
})

describe.each(Object.entries(atTheFile))('%s, at the file itself', (_, cases) => {
  it.each(cases)('$official', expectAnswer)
})

describe.each(Object.entries(decided))('decided otherwise, since %s', (_, cases) => {
  it.each(cases)('$official', expectAnswer)
})

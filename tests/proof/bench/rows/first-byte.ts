import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { speechMp3 } from '../../../support/stub-vendors/audio.ts'
import { environmentFor, spawnStubVendors } from '../../../support/stub-vendors.ts'
import { startBareApp } from '../anchors/bare-app.ts'
import type { Bench } from '../bench.ts'
import { Caller } from '../measure/caller.ts'
import { checked, numbered, type Target } from '../measure/load.ts'
import { median } from '../measure/quantile.ts'
import type { Row } from '../row.ts'
import { speakingTargets, vocalizeRequest } from '../worlds/speaking.ts'

const CALLERS = 20
const WAVES = 4
const FIRST_BYTE_MS = 200
const REST_MS = 100
const FIRST_BYTES = 2048
const figure = 'first byte after the vendor’s'

/** How much later than the vendor's first byte the caller's comes. */
export const firstByteRow: Row = {
  name: 'first-byte',
  title: `first streamed byte, ${CALLERS} at once`,
  aims: [{ words: '≤ +3 ms', figure, against: 'bare handler', by: 'difference', atMost: 3 }],
  async run(bench) {
    const { targets, spokenAt } = await startWorld(bench)
    const found = targets.map(({ name }) => ({ figure, unit: 'ms', contender: name, values: [] as number[] }))
    for (let round = -1; round < bench.rounds; round += 1) {
      for (const [index, target] of targets.entries()) {
        const laterMs = await waves(target, spokenAt)
        // The first time warms up.
        if (round >= 0) found[index]?.values.push(median(laterMs))
      }
    }
    return found
  },
}

async function waves(target: Target, spokenAt: Map<string, number>): Promise<number[]> {
  const callers = await Promise.all(Array.from({ length: CALLERS }, () => Caller.open(target.baseUrl)))
  const next = numbered()
  const laterMs: number[] = []
  for (let wave = 0; wave < WAVES; wave += 1) {
    const calls = callers.map(async (caller) => {
      const request = target.request(next())
      const { firstByteAt } = checked(target, await caller.send(caller.prepare(request)))
      const spoken = spokenAt.get(JSON.parse(request.body ?? '').text)
      if (spoken === undefined) throw new Error(`${target.name} has not asked the vendor`)
      laterMs.push(firstByteAt - spoken)
    })
    await Promise.all(calls)
  }
  for (const caller of callers) caller.close()
  return laterMs
}

/** Services and bare app before a vendor in this process, so that one clock measures both ends. */
async function startWorld(bench: Bench): Promise<{ targets: Target[]; spokenAt: Map<string, number> }> {
  const spokenAt = new Map<string, number>()
  const vendor = createServer(async (request, response) => {
    const { text: spoken } = JSON.parse(await text(request))
    const audio = speechMp3(3000, spoken)
    await sleep(FIRST_BYTE_MS)
    response.writeHead(200, { 'content-type': 'audio/mpeg' })
    spokenAt.set(spoken, performance.now())
    response.write(audio.subarray(0, FIRST_BYTES))
    await sleep(REST_MS)
    response.end(audio.subarray(FIRST_BYTES))
  }).listen(0, '127.0.0.1')
  bench.defer(async () => {
    vendor.closeAllConnections()
    vendor.close()
  })
  const vendors = await spawnStubVendors()
  bench.defer(() => vendors.close())
  const ELEVENLABS_BASE_URL = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`
  const environment = { ...environmentFor(vendors), ELEVENLABS_BASE_URL, SPEECH_CONCURRENCY: '100' }
  const services = []
  for (const build of bench.builds)
    services.push({ build, service: await bench.startOf(build)({ environment }) })
  const bare = bench.use(await startBareApp(bench.cores.serverPrefix, environment))
  const request = (path: string) =>
    vocalizeRequest(path === '/vocalize' ? '/stream' : '/api/agents/vocalize/stream')
  return { targets: speakingTargets({ bare, services }, request), spokenAt }
}

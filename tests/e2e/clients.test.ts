import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { ClientContext } from '../support/clients/client.ts'
import { conversing } from '../support/clients/conversing.ts'
import { packages } from '../support/clients/packages.ts'
import { replayed } from '../support/clients/replayed.ts'
import { independentCid } from '../support/content-id.ts'
import { until } from '../support/until.ts'
import { useWorld } from '../support/world.ts'

const KEY = 'a-key-of-the-test'
const world = useWorld({ environment: { VOCALIZE_API_KEYS: KEY } })
const table = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8')
const clients = [...packages, ...conversing, ...replayed]

/** What the first bytes say, which no client asks us for. */
function kindOf(audio: Uint8Array): string {
  const beginning = Buffer.from(audio.subarray(0, 4))
  const [first = 0, second = 0] = beginning
  if (beginning.toString() === 'fLaC') return 'FLAC'
  if (beginning.toString() === 'OggS') return 'Ogg Opus'
  if (beginning.toString('latin1', 0, 3) === 'ID3') return 'MP3'
  return first === 0xff && (second & 0xf6) === 0xf0 ? 'AAC' : 'PCM'
}

const context: ClientContext = {
  get baseUrl() {
    return world.service.baseUrl
  },
  key: KEY,
  world,
  async kept(audio, clipId) {
    const cid = await independentCid(audio)
    if (clipId) {
      await until('the clip is stored with this CID', async () => {
        const { data } = await (await world.service.fetch(`/api/clips/${clipId}`)).json()
        return data.state === 'stored' && data.cid === cid
      })
    } else {
      await until(
        'the content is served by its CID',
        async () => (await world.service.fetch(`/ipfs/${cid}`)).ok,
      )
    }
    return `${kindOf(audio)}, kept`
  },
}

describe('docs/clients.md says what becomes of the calls of', () => {
  afterEach(() => world.vendors.heal())

  it.each(clients)('$name', async (client) => {
    for (const [call, run] of Object.entries(client.calls)) {
      expect(table).toContain(`| ${client.name} | ${call} | ${await run(context)} |`)
    }
    expect(table).toContain(client.source ?? '')
  })

  it('these clients, and no others', () => {
    const rows = table.split('| --- | --- | --- |\n').at(-1)?.trim().split('\n')
    expect(rows).toHaveLength(clients.reduce((sum, { calls }) => sum + Object.keys(calls).length, 0))
  })
})

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, it } from 'node:test'
import { audit, readBackDue } from '../../lib/clips/audit.ts'
import { vocalize } from '../../lib/clips/vocalize.ts'
import { createServices } from '../../lib/composition.ts'
import { readConfig } from '../../lib/config/index.ts'
import type { Services } from '../../lib/context.ts'
import type { VocalizedClip } from '../../lib/model/clip.ts'
import { startIpfsNode } from './node.ts'

const TEXTS = ['One.', 'Two.', 'Three.', 'Four.', 'Five.']

let node: Awaited<ReturnType<typeof startIpfsNode>>
let directory: string
let services: Services

before(async () => {
  node = await startIpfsNode()
  directory = await mkdtemp(path.join(tmpdir(), 'voicepin-audit-'))
  services = createServices(
    readConfig({
      KUBO_RPC_URL: node.rpcUrl,
      KUBO_GATEWAY_URL: node.gatewayUrl,
      TEMP_AUDIO_DIR: path.join(directory, 'audio'),
      IPFS_REPOSITORY_DIR: path.join(directory, 'ipfs'),
      // Without content this node's gateway hangs.
      IPFS_ATTEMPT_TIMEOUT_MS: '3000',
      LOG_LEVEL: 'silent',
    }),
  )
})

after(async () => {
  await services.speech.close()
  await services.catalog.close()
  await node.stop()
  await rm(directory, { recursive: true })
})

const signal = AbortSignal.timeout(120_000)

it('a node that comes back empty gets every clip again from the audit, and serves it', async () => {
  const clips: VocalizedClip[] = []
  for (const text of TEXTS) {
    clips.push(await vocalize(services, { text, voiceId: 'slt' }, { requestId: text }))
  }
  assert.deepEqual(
    new Set(clips.map(({ state, provider }) => `${state} ${provider}`)),
    new Set(['stored kubo']),
  )
  const [readBack] = await readBackDue(services, { limit: 100, isEarly: true, signal })
  assert.equal(readBack?.delivered, TEXTS.length)

  await node.stop()
  node = await startIpfsNode(node.ports)
  const auditAll = () => audit(services, { limit: 100, before: services.clock.now(), signal })
  assert.deepEqual(await auditAll(), [
    { provider: 'kubo', checked: 5, delivered: 0, unknown: 0, lost: 5, repaired: 5 },
  ])
  for (const { cid, sizeBytes } of clips) {
    const response = await fetch(`${node.gatewayUrl}/ipfs/${cid}`, { signal })
    assert.equal((await response.arrayBuffer()).byteLength, sizeBytes)
  }
  const [again] = await auditAll()
  assert.equal(again?.delivered, TEXTS.length)
})

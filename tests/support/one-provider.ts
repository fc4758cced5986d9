import { expect } from 'vitest'
import { quick } from './operator.ts'
import { type Environment, startService } from './service.ts'
import { environmentFor, type StubVendors, type VendorName } from './stub-vendors.ts'

/** Expects that a service with `provider` alone stores a clip there, under an address of its gateway. */
export async function storeAtOneAlone(
  vendors: StubVendors,
  provider: VendorName,
  changes: Environment = {},
): Promise<void> {
  const environment = environmentFor(vendors, ['elevenlabs', provider])
  const service = await startService({ environment: { ...quick, ...environment, ...changes } })
  const { body } = await service.vocalize()
  const { cid, id } = body.data
  expect(body.data).toMatchObject({ isTemporary: false, provider, ipfsHash: cid })
  expect(body.data.audioUrl).toBe(`${vendors.urls[provider]}/ipfs/${cid}?filename=${id}.mp3`)
  expect(await vendors.holdings(provider)).toMatchObject([{ cid, uploads: 1 }])
  await service.stop()
}

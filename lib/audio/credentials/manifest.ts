import { X509Certificate } from '@peculiar/x509'
import { CoseAlgorithmIdentifier, type Signer } from '@trustnxt/c2pa-ts/cose'
import {
  ActionAssertion,
  ActionType,
  ClaimVersion,
  DataHashAssertion,
  DigitalSourceType,
  ManifestStore,
} from '@trustnxt/c2pa-ts/manifest'
import type { SigningIdentity } from '#lib/config/content-credentials.ts'
import { software } from '#lib/model/software.ts'
import { signerOf } from './signature.ts'

/** Whether a trained model has made the audio, or a program by rules, as the built-in voice is one. */
export type Source = 'trained' | 'algorithm'

const sourceTypes = {
  trained: DigitalSourceType.TrainedAlgorithmicMedia,
  algorithm: DigitalSourceType.AlgorithmicMedia,
}

/** Room for the signature, which takes it up: 64 to 132 bytes. Its length must need one byte before and after. */
const SIGNATURE_ROOM_BYTES = 200

/** A manifest of fixed size, to be signed once the bytes around it are known. */
export interface UnsignedManifest {
  sizeBytes: number
  /**
   * Signs for a file whose bytes, without the manifest, have the SHA-256 `hash`.
   *
   * @throws Error
   */
  sign(hash: Uint8Array): Promise<Uint8Array<ArrayBuffer>>
}

/**
 * A C2PA manifest which says that the file was created by this program from `source`, bound to the whole file without the
 * manifest itself. The same file, identity and program give the same bytes: its names come from the hash, and it has no time.
 *
 * `start`: where in the file what belongs to the manifest begins; `ownBytes`: how much of that comes before itself.
 *
 * @see https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html
 */
export function describe(
  identity: SigningIdentity,
  source: Source,
  at: { start: number; ownBytes: number },
): UnsignedManifest {
  const signer: Signer = {
    algorithm: CoseAlgorithmIdentifier[identity.algorithm],
    certificate: new X509Certificate(identity.certificates[0]),
    chainCertificates: identity.certificates.slice(1).map((pem) => new X509Certificate(pem)),
    sign: signerOf(identity),
  }
  const store = new ManifestStore()
  const manifest = store.createManifest({
    claimVersion: ClaimVersion.V2,
    assetFormat: '',
    instanceID: uuidOf(new Uint8Array(32)),
    defaultHashAlgorithm: 'SHA-256',
    signer,
  })
  const { claim, signature } = manifest
  if (!claim || !signature) throw new Error('The manifest is incomplete')
  claim.claimGeneratorName = software.name
  claim.claimGeneratorVersion = software.version
  manifest.label = `urn:c2pa:${claim.instanceID}`
  signature.signatureData.paddingLength = SIGNATURE_ROOM_BYTES

  const actions = new ActionAssertion()
  actions.actions = [{ action: ActionType.C2paCreated, digitalSourceType: sourceTypes[source] }]
  manifest.addAssertion(actions)
  const binding = DataHashAssertion.create('SHA-256', 0)
  manifest.addAssertion(binding)
  const sizeBytes = settleSize(store, binding, at)

  return {
    sizeBytes,
    async sign(hash) {
      const uuid = uuidOf(hash)
      claim.instanceID = uuid
      manifest.label = `urn:c2pa:${uuid}`
      binding.hash = hash
      await manifest.sign(signer)
      const bytes = new Uint8Array(store.getBytes())
      if (bytes.length !== sizeBytes) throw new Error('The manifest has not kept its size')
      return bytes
    },
  }
}

/** Writes into the binding which bytes are the manifest: its own size is part of it, and must be even for a WAV. */
function settleSize(
  store: ManifestStore,
  binding: DataHashAssertion,
  { start, ownBytes }: { start: number; ownBytes: number },
): number {
  let sizeBytes = 1
  for (let round = 0; round < 8; round++) {
    binding.exclusions = [{ start, length: ownBytes + sizeBytes }]
    const measured = store.measureSize()
    if (measured === sizeBytes && measured % 2 === 0) return sizeBytes
    if (measured === sizeBytes) binding.paddingLength += 1
    sizeBytes = measured
  }
  throw new Error('The manifest finds no size')
}

/** A UUID of version 4, as the specification asks for, made of a hash. */
function uuidOf(hash: Uint8Array): string {
  const bytes = Buffer.from(hash.subarray(0, 16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import init, { WasmReader } from '@contentauth/c2pa-wasm'
import { makeTestCertificate } from '../../scripts/test-certificate.mjs'

type Made = Awaited<ReturnType<typeof makeTestCertificate>>

const wasm = path.join(import.meta.dirname, '../../node_modules/@contentauth/c2pa-wasm/pkg/c2pa_bg.wasm')
let ready: Promise<unknown> | undefined
let made: Promise<Made> | undefined

/** One certificate for all tests of a process that need nothing special of it. */
export function testCertificate(): Promise<Made> {
  made ??= makeTestCertificate()
  return made
}

/** The variables by which a service signs. */
export async function signingEnvironment(): Promise<Record<string, string>> {
  const { certificate, privateKey } = await testCertificate()
  return { CONTENT_CREDENTIALS: 'on', C2PA_CERTIFICATE: certificate, C2PA_PRIVATE_KEY: privateKey }
}

export interface C2paVerdict {
  /** `Trusted`: valid, and signed by whom the given root vouches for. `Valid`: by anybody. */
  state: string
  failures: string[]
  generator: { name: string; version: string }
  actions: { action: string; digitalSourceType: string }[]
}

/** What c2pa-rs, the implementation of the C2PA's members, says of a file. @throws where the file has no manifest */
export async function judge(mimeType: string, bytes: Uint8Array, root: string): Promise<C2paVerdict> {
  ready ??= readFile(wasm).then((module) => init({ module_or_path: module }))
  await ready
  const settings = JSON.stringify({ trust: { trust_anchors: root }, verify: { verify_trust: true } })
  const reader = await WasmReader.fromBytes(mimeType, bytes, settings)
  const {
    validation_state: state,
    validation_results,
    manifests,
    active_manifest,
  } = JSON.parse(reader.json())
  reader.free()
  const manifest = manifests[active_manifest]
  return {
    state,
    failures: validation_results.activeManifest.failure.map(({ code }: { code: string }) => code),
    generator: manifest.claim_generator_info[0],
    actions: manifest.assertions.find(({ label }: { label: string }) => label === 'c2pa.actions.v2').data
      .actions,
  }
}

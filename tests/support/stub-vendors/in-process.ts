import { seededRandom } from '../random.ts'
import { createBlockfrost } from './blockfrost.ts'
import { openControl } from './control.ts'
import { credentials } from './credentials.ts'
import { createElevenLabs, defaultSpeechSettings } from './elevenlabs.ts'
import { FaultPlan } from './faults.ts'
import { createKubo } from './kubo.ts'
import { createOpenAi } from './openai.ts'
import { createPinata } from './pinata.ts'
import { defaultPinataPlan, type PinataPlan } from './pinata-plan.ts'
import { createPins } from './pins.ts'
import { RequestLog } from './request-log.ts'
import type { StubVendors } from './stub-vendors.ts'
import type { Vendor, VendorName } from './vendor.ts'
import { vendorNames } from './vendor.ts'
import { VendorServer } from './vendor-server.ts'
import { createWeb3Storage } from './web3-storage.ts'

export interface StubVendorOptions {
  /** Of the control; the vendors take the ports after it. 0: any free ones. */
  port?: number
  /** For the faults that come by chance. */
  seed?: number
  /** Vendors in front of Kubo that do not know `dag/import`. */
  withoutDagImport?: VendorName[]
}

/** Starts all vendors in this process, each on a port of its own on 127.0.0.1. */
export async function startStubVendors(options: StubVendorOptions = {}): Promise<StubVendors> {
  const { port = 0, seed = 1, withoutDagImport = [] } = options
  const speech = { ...defaultSpeechSettings }
  const log = new RequestLog()
  const pinataPlan = { ...defaultPinataPlan }
  const network = (cid: string) => all.map(({ holdings }) => holdings.read(cid)).find((bytes) => bytes)
  const vendors = createVendors({ speech, pinataPlan, withoutDagImport, network })
  const servers = Object.fromEntries(
    vendorNames.map((name, index) => {
      const plan = new FaultPlan(seededRandom(seed + index))
      const at = port === 0 ? 0 : port + 1 + index
      const listPort = port === 0 ? 0 : port + 1 + vendorNames.length
      const list = name === 'pinata' ? { listPort } : {}
      return [name, new VendorServer({ name, vendor: vendors[name], plan, log, port: at, ...list })]
    }),
  ) as Record<VendorName, VendorServer>
  const all = Object.values(servers)
  await Promise.all(all.map((server) => server.follow()))
  const urls = Object.fromEntries(vendorNames.map((name) => [name, servers[name].url])) as Record<
    VendorName,
    string
  >

  const scripted: Omit<StubVendors, 'controlUrl' | 'close'> = {
    urls,
    pinataApiUrl: servers.pinata.listUrl,
    async next(name, ...faults) {
      servers[name].plan.next(faults)
    },
    async always(name, faults, chance = 1) {
      servers[name].plan.always({ faults: [faults].flat(), chance })
      await servers[name].follow()
    },
    async heal(name) {
      const healed = name ? [servers[name]] : all
      for (const server of healed) server.plan.heal()
      await Promise.all(healed.map((server) => server.follow()))
    },
    async speak(settings) {
      Object.assign(speech, settings)
    },
    async plan(settings) {
      Object.assign(pinataPlan, settings)
    },
    async lose(name, cid) {
      servers[name].holdings.lose(cid)
    },
    requests: async (filter) => structuredClone(log.list(filter)),
    holdings: async (name) => servers[name].holdings.list(),
    content: async (name, cid) => servers[name].holdings.read(cid),
    async reset() {
      await scripted.heal()
      Object.assign(speech, defaultSpeechSettings)
      Object.assign(pinataPlan, defaultPinataPlan)
      for (const server of all) server.holdings.clear()
      for (const vendor of Object.values(vendors)) vendor.reset?.()
      log.clear()
    },
  }

  const control = await openControl(scripted, port)
  return {
    ...scripted,
    controlUrl: control.url,
    async close() {
      await Promise.all([control.close(), ...all.map((server) => server.close())])
    },
  }
}

interface VendorOptions {
  speech: typeof defaultSpeechSettings
  pinataPlan: PinataPlan
  withoutDagImport: VendorName[]
  /** What any of the vendors holds. */
  network: (cid: string) => Uint8Array | undefined
}

function createVendors(options: VendorOptions): Record<VendorName, Vendor> {
  const { speech, pinataPlan, withoutDagImport, network } = options
  const kubo = (name: VendorName, authorization: string, isLighthouse = false) =>
    createKubo({
      isAuthorized: (headers) => headers.authorization === authorization,
      hasDagImport: !withoutDagImport.includes(name),
      isLighthouse,
    })
  const pins = (token: string, importsCars: boolean) =>
    createPins({
      isAuthorized: (headers) => headers.authorization === `Bearer ${token}`,
      importsCars,
      find: network,
    })
  const { infuraProjectId, infuraProjectSecret, filebaseToken, lighthouseApiKey, kuboAuthorization } =
    credentials
  const infura = Buffer.from(`${infuraProjectId}:${infuraProjectSecret}`).toString('base64')
  return {
    elevenlabs: createElevenLabs(speech),
    pinata: createPinata(pinataPlan),
    web3storage: createWeb3Storage(),
    infura: kubo('infura', `Basic ${infura}`),
    filebase: kubo('filebase', `Bearer ${filebaseToken}`),
    lighthouse: kubo('lighthouse', `Bearer ${lighthouseApiKey}`, true),
    kubo: kubo('kubo', kuboAuthorization),
    fula: pins(credentials.fulaToken, true),
    pinning: pins(credentials.pinningToken, false),
    blockfrost: createBlockfrost(network),
    openai: createOpenAi(speech),
  }
}

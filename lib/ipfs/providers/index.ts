import type { Config } from '#lib/config/index.ts'
import type { ProviderName } from '#lib/config/ipfs.ts'
import { gatewayWarning } from '#lib/config/vendor-warnings.ts'
import type { BlockStore } from '#lib/ipfs/blocks/block-store.ts'
import type { DiskSpace } from '#lib/platform/disk-space.ts'
import { createBlockfrostProvider } from './blockfrost.ts'
import { createEmbeddedProvider } from './embedded.ts'
import { createFulaProvider } from './fula.ts'
import {
  createFilebaseProvider,
  createInfuraProvider,
  createKuboProvider,
  createLighthouseProvider,
} from './kubo.ts'
import { createPinataProvider } from './pinata.ts'
import { createPinningServiceProvider } from './pinning-service.ts'
import type { IpfsProvider } from './provider.ts'
import { createWeb3StorageProvider } from './web3-storage.ts'

type IpfsConfig = Config['ipfs']

/** Serves any content that is reachable on IPFS, for providers without a gateway of their own. */
const PUBLIC_GATEWAY_URL = 'https://ipfs.io'

interface ProvidersOptions {
  /** Takes what the operator should know of a provider, when it is learned. */
  onNote: (provider: ProviderName, note: string) => void
  /** Milliseconds since the epoch. */
  now: () => number
  /** Where the provider `embedded` keeps its clips. */
  blockStore: BlockStore
  /** Of the disk under it. */
  diskSpace: DiskSpace
}

/**
 * Builds the providers of `config.providers` that have credentials or an endpoint, in that order.
 *
 * `warnings` are for the operator, one line each: what those that could be built do not suffice for.
 */
export function createProviders(config: IpfsConfig, options: ProvidersOptions) {
  const build = builders(config, options)
  const providers = config.providers
    .map((name) => build[name]())
    .filter((provider): provider is IpfsProvider => provider !== undefined)
  // A gateway for all permanent URLs delivers them in place of the providers' own.
  const ownGateways = config.gatewayUrl || config.usesOwnGateway ? [] : providers
  const warnings = ownGateways
    .map(({ name }) => gatewayWarning(name as ProviderName, config.vendors))
    .filter((warning) => warning !== undefined)
  if (!providers.some(({ needsOrigin }) => !needsOrigin)) warnings.push(noProvider)
  if (config.replicas > providers.length && providers.length > 0)
    warnings.push(tooFewFor(config.replicas, providers.length))
  return { providers, warnings }
}

function builders(
  config: IpfsConfig,
  { now, blockStore, diskSpace, onNote }: ProvidersOptions,
): Record<ProviderName, () => IpfsProvider | undefined> {
  const { pinata, web3storage, infura, filebase, lighthouse, kubo, fula, pinning, blockfrost } =
    config.vendors
  const common = (name: keyof typeof config.vendors) => ({
    gatewayUrl: config.vendors[name].gatewayUrl ?? PUBLIC_GATEWAY_URL,
    now,
    onNote: (note: string) => onNote(name, note),
  })

  return {
    pinata() {
      if (!pinata.jwt && !(pinata.apiKey && pinata.apiSecret)) return undefined
      return createPinataProvider({ ...pinata, ...common('pinata') })
    },
    web3storage() {
      const { url, token } = web3storage
      return url ? createWeb3StorageProvider({ url, token, ...common('web3storage') }) : undefined
    },
    infura() {
      const { url, projectId, projectSecret } = infura
      if (!url || !projectId || !projectSecret) return undefined
      return createInfuraProvider({ url, projectId, projectSecret, ...common('infura') })
    },
    filebase() {
      const { url, token } = filebase
      return token ? createFilebaseProvider({ url, token, ...common('filebase') }) : undefined
    },
    lighthouse() {
      const { url, apiUrl, apiKey } = lighthouse
      return apiKey ? createLighthouseProvider({ url, apiUrl, apiKey, ...common('lighthouse') }) : undefined
    },
    kubo() {
      const { url, authorization } = kubo
      return url ? createKuboProvider({ url, authorization, ...common('kubo') }) : undefined
    },
    fula() {
      const { url, token } = fula
      return token ? createFulaProvider({ url, token, ...common('fula') }) : undefined
    },
    pinning() {
      const { url, token, origins } = pinning
      if (!url || !token) return undefined
      return createPinningServiceProvider({ url, token, origins, ...common('pinning') })
    },
    blockfrost() {
      const { url, projectId } = blockfrost
      return projectId ? createBlockfrostProvider({ url, projectId, ...common('blockfrost') }) : undefined
    },
    embedded: () => createEmbeddedProvider({ blockStore, diskSpace }),
  }
}

const noProvider =
  'No IPFS provider is configured, so every clip stays temporary. Set PINATA_JWT or the variables of another provider, ' +
  'or name "embedded" in IPFS_PROVIDERS to keep clips on this machine.'

const tooFewFor = (replicas: number, count: number) =>
  `IPFS_REPLICAS asks for ${replicas} providers a clip, and only ${count} can be used: that many will hold it.`

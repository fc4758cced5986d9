import type { Config } from '#lib/config/index.ts'
import type { ProviderName } from '#lib/config/ipfs.ts'
import type { BlockStore } from '#lib/ipfs/blocks/block-store.ts'
import type { DiskSpace } from '#lib/platform/disk-space.ts'
import { createEmbeddedProvider } from './embedded.ts'
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
 * `warnings` are for the operator, one line each, about settings that are there but cannot work.
 */
export function createProviders(config: IpfsConfig, options: ProvidersOptions) {
  const build = builders(config, options)
  const providers = config.providers
    .map((name) => build[name]())
    .filter((provider): provider is IpfsProvider => provider !== undefined)
  const warnings = config.providers
    .map((name) => warningOn[name]?.(config))
    .filter((warning) => warning !== undefined)
  if (!providers.some(({ needsOrigin }) => !needsOrigin)) warnings.push(noProvider)
  if (config.replicas > providers.length && providers.length > 0)
    warnings.push(tooFewFor(config.replicas, providers.length))
  return { providers, warnings }
}

function builders(
  config: IpfsConfig,
  { now, blockStore, diskSpace }: ProvidersOptions,
): Record<ProviderName, () => IpfsProvider | undefined> {
  const { pinata, web3storage, infura, filebase, lighthouse, kubo } = config
  const common = ({ gatewayUrl = PUBLIC_GATEWAY_URL }: { gatewayUrl: string | undefined }) => ({
    gatewayUrl,
    now,
  })

  return {
    pinata() {
      if (!pinata.jwt && !(pinata.apiKey && pinata.apiSecret)) return undefined
      return createPinataProvider({ ...pinata, ...common(pinata) })
    },
    web3storage() {
      const { url, token } = web3storage
      return url ? createWeb3StorageProvider({ url, token, ...common(web3storage) }) : undefined
    },
    infura() {
      const { url, projectId, projectSecret } = infura
      if (!url || !projectId || !projectSecret) return undefined
      return createInfuraProvider({ url, projectId, projectSecret, ...common(infura) })
    },
    filebase() {
      const { url, token } = filebase
      return token ? createFilebaseProvider({ url, token, ...common(filebase) }) : undefined
    },
    lighthouse() {
      const { url, apiKey } = lighthouse
      return apiKey ? createLighthouseProvider({ url, apiKey, ...common(lighthouse) }) : undefined
    },
    kubo() {
      const { url, authorization } = kubo
      return url ? createKuboProvider({ url, authorization, ...common(kubo) }) : undefined
    },
    pinning() {
      const { url, token } = config.pinning
      return url && token
        ? createPinningServiceProvider({ url, token, ...common(config.pinning) })
        : undefined
    },
    embedded: () => createEmbeddedProvider({ blockStore, diskSpace }),
  }
}

const noProvider =
  'No IPFS provider is configured, so every clip stays temporary. Set PINATA_JWT or the variables of another provider, ' +
  'or name "embedded" in IPFS_PROVIDERS to keep clips on this machine.'

const tooFewFor = (replicas: number, count: number) =>
  `IPFS_REPLICAS asks for ${replicas} providers a clip, and only ${count} can be used: that many will hold it.`

const warningOn: Partial<Record<ProviderName, (config: IpfsConfig) => string | undefined>> = {
  pinata({ pinata: { jwt, apiKey, apiSecret } }) {
    if (jwt || Boolean(apiKey) === Boolean(apiSecret)) return undefined
    const [present, missing] = apiKey
      ? ['PINATA_API_KEY', 'PINATA_API_SECRET']
      : ['PINATA_API_SECRET', 'PINATA_API_KEY']
    return `Pinata is off: ${present} is set without ${missing}. Set both, or PINATA_JWT.`
  },
  web3storage({ web3storage: { token, url } }) {
    if (!token || url) return undefined
    return (
      'Web3.Storage is off: the service behind WEB3_STORAGE_TOKEN has closed. Set WEB3_STORAGE_URL to a compatible ' +
      'endpoint, or remove the token and use another provider.'
    )
  },
  pinning({ pinning: { url, token } }) {
    if (Boolean(url) === Boolean(token)) return undefined
    const [present, missing] = url
      ? ['PINNING_SERVICE_URL', 'PINNING_SERVICE_TOKEN']
      : ['PINNING_SERVICE_TOKEN', 'PINNING_SERVICE_URL']
    return `The pinning service is off: ${present} is set without ${missing}.`
  },
  infura({ infura: { projectId, projectSecret, url } }) {
    const isComplete = Boolean(projectId && projectSecret)
    if (url && !isComplete) {
      return 'Infura is off: INFURA_IPFS_URL needs INFURA_PROJECT_ID and INFURA_PROJECT_SECRET beside it.'
    }
    if (url || !(projectId || projectSecret)) return undefined
    return (
      'Infura is off: its IPFS service has been closed since August 2026. Set INFURA_IPFS_URL to a compatible ' +
      'endpoint, or remove INFURA_PROJECT_ID and INFURA_PROJECT_SECRET and use another provider.'
    )
  },
}

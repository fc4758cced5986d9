import type { ProviderName } from './ipfs.ts'
import type { Vendors } from './vendors.ts'

/** Why a provider cannot be used although some of its variables are set; `undefined` where that is not so. */
export const vendorWarnings: { [Name in ProviderName]?: (vendors: Vendors) => string | undefined } = {
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

/** The variable that says where a provider's clips are delivered, for those without a gateway that serves everyone. */
const gatewayVariables: { [Name in ProviderName]?: string } = {
  web3storage: 'WEB3_STORAGE_GATEWAY_URL',
  infura: 'INFURA_GATEWAY_URL',
  kubo: 'KUBO_GATEWAY_URL',
  fula: 'FULA_GATEWAY_URL',
  pinning: 'PINNING_SERVICE_GATEWAY_URL',
}

/** Why the clips of a provider that is used may not be delivered; `undefined` where it has a gateway of its own. */
export function gatewayWarning(name: ProviderName, vendors: Vendors): string | undefined {
  if (name === 'embedded') return undefined
  if (name === 'lighthouse' && !vendors.lighthouse.hasChosenGateway) {
    return (
      "Lighthouse's public gateway delivers for premium users only: set LIGHTHOUSE_GATEWAY_URL to the dedicated gateway of " +
      'your account, or to another one.'
    )
  }
  if (vendors[name].gatewayUrl) return undefined
  return (
    `The clips at ${name} are delivered by https://ipfs.io, which promises nothing, limits each caller and sends browsers to ` +
    `a page of its own: set ${gatewayVariables[name]}.`
  )
}

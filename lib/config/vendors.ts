import type { Reader } from './reader.ts'
import { headerSecret, multiaddrs, plainUrl, secretText, text, url } from './variables.ts'

export type Vendors = ReturnType<typeof readVendors>['vendors']

/**
 * Where each IPFS provider is, and the credentials that it wants. Their order is that in which they are tried by default;
 * pages may play audio from every `gatewayUrl`.
 */
export function readVendors({ read, isSet, present }: Reader) {
  const presentBefore = present.length
  const vendors = {
    pinata: {
      jwt: read('PINATA_JWT', headerSecret()),
      apiKey: read('PINATA_API_KEY', headerSecret()),
      apiSecret: read('PINATA_API_SECRET', headerSecret()),
      uploadUrl: read('PINATA_UPLOAD_URL', url, 'https://uploads.pinata.cloud/v3'),
      apiUrl: read('PINATA_API_URL', url, 'https://api.pinata.cloud'),
      gatewayUrl: read('PINATA_GATEWAY_URL', plainUrl, 'https://gateway.pinata.cloud'),
    },
    web3storage: {
      token: read('WEB3_STORAGE_TOKEN', headerSecret()),
      url: read('WEB3_STORAGE_URL', url),
      gatewayUrl: read('WEB3_STORAGE_GATEWAY_URL', plainUrl),
    },
    infura: {
      /** Names the account, as a user name does. */
      projectId: read('INFURA_PROJECT_ID', text),
      projectSecret: read('INFURA_PROJECT_SECRET', secretText),
      url: read('INFURA_IPFS_URL', url),
      gatewayUrl: read('INFURA_GATEWAY_URL', plainUrl),
    },
    filebase: {
      token: read('FILEBASE_TOKEN', headerSecret()),
      url: read('FILEBASE_RPC_URL', url, 'https://rpc.filebase.io'),
      gatewayUrl: read('FILEBASE_GATEWAY_URL', plainUrl, 'https://ipfs.filebase.io'),
    },
    lighthouse: {
      apiKey: read('LIGHTHOUSE_API_KEY', headerSecret()),
      url: read('LIGHTHOUSE_UPLOAD_URL', url, 'https://upload.lighthouse.storage'),
      /** Where its files are listed and deleted. */
      apiUrl: read('LIGHTHOUSE_API_URL', url, 'https://api.lighthouse.storage'),
      gatewayUrl: read('LIGHTHOUSE_GATEWAY_URL', plainUrl, 'https://gateway.lighthouse.storage'),
      /** Its public gateway, the default, delivers for premium users only. */
      hasChosenGateway: isSet('LIGHTHOUSE_GATEWAY_URL'),
    },
    kubo: {
      url: read('KUBO_RPC_URL', url),
      authorization: read('KUBO_RPC_AUTHORIZATION', headerSecret()),
      gatewayUrl: read('KUBO_GATEWAY_URL', plainUrl),
    },
    fula: {
      token: read('FULA_TOKEN', headerSecret()),
      url: read('FULA_URL', url, 'https://api.cloud.fx.land'),
      gatewayUrl: read('FULA_GATEWAY_URL', plainUrl),
    },
    pinning: {
      url: read('PINNING_SERVICE_URL', url),
      token: read('PINNING_SERVICE_TOKEN', headerSecret()),
      origins: read('PINNING_SERVICE_ORIGINS', multiaddrs, []),
      gatewayUrl: read('PINNING_SERVICE_GATEWAY_URL', plainUrl),
    },
    blockfrost: {
      projectId: read('BLOCKFROST_PROJECT_ID', headerSecret()),
      url: read('BLOCKFROST_URL', url, 'https://ipfs.blockfrost.io/api/v0'),
      gatewayUrl: read('BLOCKFROST_GATEWAY_URL', plainUrl, 'https://ipfs.blockfrost.dev'),
    },
  }

  return {
    vendors,
    /** Whoever has set one of the variables above, if only to nothing, has decided about providers. */
    isUndecided: present.length === presentBefore,
  }
}

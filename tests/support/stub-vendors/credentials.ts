import type { VendorName } from './vendor.ts'

/** What each vendor takes as its caller's proof. */
export const credentials = {
  elevenLabsApiKey: 'stub-elevenlabs-key-5a1f',
  pinataJwt: 'stub-pinata-jwt-8c2d',
  pinataApiKey: 'stub-pinata-key-71be',
  pinataApiSecret: 'stub-pinata-secret-e03a',
  web3StorageToken: 'stub-web3-storage-token-44c9',
  infuraProjectId: 'stub-infura-project-90fd',
  infuraProjectSecret: 'stub-infura-secret-2b6e',
  filebaseToken: 'stub-filebase-token-d7a5',
  lighthouseApiKey: 'stub-lighthouse-key-1e84',
  kuboAuthorization: 'Bearer stub-kubo-token-c35b',
  fulaToken: 'stub-fula-token-3d0c',
  pinningToken: 'stub-pinning-token-f18a',
  openAiApiKey: 'stub-openai-key-77c3',
  blockfrostProjectId: 'stub-blockfrost-project-6a92',
} as const

type Environment = Record<string, string>
type StubAddresses = { urls: Record<VendorName, string>; pinataApiUrl?: string }

const environments: Record<VendorName, (url: string) => Environment> = {
  elevenlabs: (url) => ({ ELEVENLABS_API_KEY: credentials.elevenLabsApiKey, ELEVENLABS_BASE_URL: url }),
  pinata: (url) => ({
    PINATA_JWT: credentials.pinataJwt,
    PINATA_UPLOAD_URL: `${url}/v3`,
    PINATA_API_URL: url,
    PINATA_GATEWAY_URL: url,
  }),
  web3storage: (url) => ({
    WEB3_STORAGE_TOKEN: credentials.web3StorageToken,
    WEB3_STORAGE_URL: url,
    WEB3_STORAGE_GATEWAY_URL: url,
  }),
  infura: (url) => ({
    INFURA_PROJECT_ID: credentials.infuraProjectId,
    INFURA_PROJECT_SECRET: credentials.infuraProjectSecret,
    INFURA_IPFS_URL: url,
    INFURA_GATEWAY_URL: url,
  }),
  filebase: (url) => ({
    FILEBASE_TOKEN: credentials.filebaseToken,
    FILEBASE_RPC_URL: url,
    FILEBASE_GATEWAY_URL: url,
  }),
  lighthouse: (url) => ({
    LIGHTHOUSE_API_KEY: credentials.lighthouseApiKey,
    LIGHTHOUSE_UPLOAD_URL: url,
    LIGHTHOUSE_API_URL: url,
    LIGHTHOUSE_GATEWAY_URL: url,
  }),
  kubo: (url) => ({
    KUBO_RPC_URL: url,
    KUBO_RPC_AUTHORIZATION: credentials.kuboAuthorization,
    KUBO_GATEWAY_URL: url,
  }),
  fula: (url) => ({ FULA_TOKEN: credentials.fulaToken, FULA_URL: url, FULA_GATEWAY_URL: url }),
  pinning: (url) => ({
    PINNING_SERVICE_URL: url,
    PINNING_SERVICE_TOKEN: credentials.pinningToken,
    PINNING_SERVICE_GATEWAY_URL: url,
  }),
  openai: (url) => ({ OPENAI_SPEECH_API_KEY: credentials.openAiApiKey, OPENAI_SPEECH_BASE_URL: url }),
  blockfrost: (url) => ({
    BLOCKFROST_PROJECT_ID: credentials.blockfrostProjectId,
    BLOCKFROST_URL: url,
    BLOCKFROST_GATEWAY_URL: url,
  }),
}

/** The variables that point Voicepin at `vendors`, all others being off. */
export function environmentFor(
  stub: StubAddresses,
  vendors: readonly VendorName[] = ['elevenlabs', 'pinata'],
): Environment {
  return Object.assign(
    {},
    ...vendors.map((name) => environments[name](stub.urls[name])),
    vendors.includes('pinata') && stub.pinataApiUrl ? { PINATA_API_URL: stub.pinataApiUrl } : {},
  )
}

/** Pinata by its classic endpoint: key and secret in place of the JWT. */
export function classicPinataEnvironmentFor(stub: StubAddresses): Environment {
  return {
    ...environmentFor(stub, ['pinata']),
    PINATA_JWT: '',
    PINATA_API_KEY: credentials.pinataApiKey,
    PINATA_API_SECRET: credentials.pinataApiSecret,
  }
}

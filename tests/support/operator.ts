import type { Environment, Service } from './service.ts'

export const ADMIN_KEY = 'test-admin-key-4d7e1a'

/** Short waits, for tests where the contract's own numbers are not the point. */
export const quick: Environment = {
  ADMIN_API_KEY: ADMIN_KEY,
  IPFS_RETRY_DELAYS_MS: '20,40,80',
  IPFS_ATTEMPT_TIMEOUT_MS: '400',
  UPLOAD_DEADLINE_MS: '1500',
  RATE_LIMIT_PER_MINUTE: '100000',
  OPPORTUNISTIC_RETRY_CHANCE: '0',
}

/** Calls the operator's route. */
export async function retryIpfs(service: Service, query = '') {
  const response = await service.fetch(`/api/admin/retry-ipfs${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  })
  return { status: response.status, body: await response.json() }
}

/** The path of a temporary URL, wherever the service says it is reached. */
export function pathOf(audioUrl: string): string {
  return new URL(audioUrl).pathname
}

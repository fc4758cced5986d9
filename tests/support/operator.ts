import type { Environment, Service } from './service.ts'

export const ADMIN_KEY = 'test-admin-key-4d7e1a'

/** Short waits between tries, for tests where the contract's own numbers are not the point. */
export const quick: Environment = {
  ADMIN_API_KEY: ADMIN_KEY,
  IPFS_RETRY_DELAYS_MS: '20,40,80',
  IPFS_ATTEMPT_TIMEOUT_MS: '5000',
  RATE_LIMIT_PER_MINUTE: '100000',
  OPPORTUNISTIC_RETRY_CHANCE: '0',
}

/** Short limits besides, for providers that hang. What only has to be done in time, on a busy machine too, takes `quick`. */
export const impatient: Environment = { ...quick, IPFS_ATTEMPT_TIMEOUT_MS: '400', UPLOAD_DEADLINE_MS: '1500' }

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

/** Deletes a clip. */
export function removeClip(service: Service, id: string): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  return service.fetch(`/api/clips/${id}`, { method: 'DELETE', headers })
}

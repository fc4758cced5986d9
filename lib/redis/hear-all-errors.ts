import type { Redis } from 'ioredis'

/**
 * The client hears only the first error of a socket. A second one, as an alert of TLS may be, would be heard by nobody and
 * end the process.
 */
export function hearAllErrors(client: Redis): void {
  const hear = () => client.stream?.on('error', () => {})
  client.on('error', hear)
  client.on('connect', hear)
}

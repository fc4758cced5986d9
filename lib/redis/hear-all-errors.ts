import type { Redis } from 'ioredis'

/**
 * The client hears only the first error of a socket. One of TLS can have two, such as a reset and then the alert that the
 * server had sent before, and an error that nobody hears ends the process.
 */
export function hearAllErrors(client: Redis): void {
  const hear = () => client.stream?.on('error', () => {})
  client.on('error', hear)
  client.on('connect', hear)
}

import { isIP } from 'node:net'

/**
 * The multiaddr of an HTTP server without a path, such as `/dns/voice.example/tcp/443/https`.
 *
 * @see https://github.com/multiformats/multiaddr/blob/master/protocols.csv
 */
export function multiaddrOf(baseUrl: string): string {
  const { protocol, hostname, port } = new URL(baseUrl)
  const scheme = protocol.slice(0, -1)
  const host = hostname.replace(/^\[|\]$/g, '')
  const kind = { 0: 'dns', 4: 'ip4', 6: 'ip6' }[isIP(host)]
  return `/${kind}/${host}/tcp/${port || (scheme === 'https' ? 443 : 80)}/${scheme}`
}

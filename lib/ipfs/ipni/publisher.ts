import type { KeyedHash } from '#lib/platform/keyed-hash.ts'
import { multiaddrOf } from './address.ts'
import { type Announcement, announce } from './announce.ts'
import { type Identity, identityOf } from './identity.ts'

/** Publishes what our gateway serves to indexers of the network. */
export interface IpniPublisher {
  /** The multiaddr of our gateway. */
  address: string
  /** @throws when the key can be neither read nor made */
  identity(): Promise<Identity>
  /** Tells the indexer of a new head. @throws when it cannot be reached or refuses */
  announce(
    announcement: Pick<Announcement, 'head' | 'peerId'>,
    options: { signal: AbortSignal },
  ): Promise<void>
}

/** `keyedHash` is the secret of this service or of this machine, from which the key is made: it is not kept anywhere. */
export function createIpniPublisher(
  { indexerUrl, baseUrl }: { indexerUrl: string; baseUrl: string },
  { keyedHash }: { keyedHash: KeyedHash },
): IpniPublisher {
  const address = multiaddrOf(baseUrl)
  let identity: Promise<Identity> | undefined
  return {
    address,
    async identity() {
      identity ??= keyedHash
        .hash(['ipni-identity'])
        .then((seed) => identityOf(Buffer.from(seed, 'hex')))
        .catch((error) => {
          identity = undefined
          throw error
        })
      return identity
    },
    announce: ({ head, peerId }, options) => announce(indexerUrl, { head, peerId, address }, options),
  }
}

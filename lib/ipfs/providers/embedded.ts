import type { CarStore } from '#lib/ipfs/blocks/block-store.ts'
import { describeError, ProviderError } from '#lib/model/errors.ts'
import type { Disk } from '#lib/platform/disk-space.ts'
import type { IpfsProvider } from './provider.ts'

/** What stands in place of a gateway's URL for our own: permanent URLs are then relative, whatever we are called. */
export const OWN_GATEWAY = ''

/** A block store on this machine, which our own gateway serves. It leaves `disk` the room that others there need. */
export function createEmbeddedProvider({
  repository,
  disk,
}: {
  repository: CarStore
  disk: Disk
}): IpfsProvider {
  return {
    name: 'embedded',
    gatewayUrl: OWN_GATEWAY,
    async upload({ cid, car }, { signal }) {
      signal.throwIfAborted()
      if (!(await disk.hasRoom(car.size))) {
        throw new ProviderError('The disk of the local repository is full', { isRetryable: true })
      }
      try {
        await repository.put(cid, car.stream() as unknown as AsyncIterable<Uint8Array>, { signal })
      } catch (error) {
        signal.throwIfAborted()
        throw asProviderError(error)
      }
      return { cid }
    },
    async holds(cid, { signal }) {
      signal.throwIfAborted()
      try {
        return (await repository.rootOf(cid)) === cid
      } catch (error) {
        throw asProviderError(error)
      }
    },
  }
}

function asProviderError(cause: unknown): ProviderError {
  const isWrong = cause instanceof Error && cause.name === 'WrongContentError'
  return new ProviderError(`The local repository did not take it: ${describeError(cause)}`, {
    cause,
    isRetryable: !isWrong,
    mayHaveStored: !isWrong,
  })
}

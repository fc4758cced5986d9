import type { BlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { OWN_GATEWAY } from '#lib/model/permanent-url.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import type { DiskSpace } from '#lib/platform/disk-space.ts'
import { describeError } from '#lib/platform/errors.ts'
import type { IpfsProvider } from './provider.ts'

/** Its name in `IPFS_PROVIDERS` and in records. */
export const EMBEDDED = 'embedded'

/** Stores clips in a block store on this machine, which our own gateway serves, as long as there is `diskSpace`. */
export function createEmbeddedProvider({
  blockStore,
  diskSpace,
}: {
  blockStore: BlockStore
  diskSpace: DiskSpace
}): IpfsProvider {
  return {
    name: EMBEDDED,
    gatewayUrl: OWN_GATEWAY,
    isLocal: true,
    async upload({ cid, car }, { signal }) {
      signal.throwIfAborted()
      if (!(await diskSpace.hasSpace(car.size))) {
        throw new ProviderError('The disk of the local repository is full', { isRetryable: true })
      }
      try {
        await blockStore.put(cid, chunksOf(car), { signal })
      } catch (error) {
        signal.throwIfAborted()
        throw repositoryError('could not store the content', error)
      }
      return { cid }
    },
    async unpin(cid, { signal }) {
      signal.throwIfAborted()
      try {
        await blockStore.delete(cid)
      } catch (error) {
        throw repositoryError('could not delete the content', error)
      }
      return true
    },
    async holds(cid, { signal }) {
      signal.throwIfAborted()
      try {
        return (await blockStore.rootOf(cid)) === cid && (await blockStore.open(cid)) !== null
      } catch (error) {
        // A damaged copy does not count as one: an upload replaces it.
        if (WrongContentError.isInstance(error)) return false
        throw repositoryError('could not be read', error)
      }
    },
  }
}

function repositoryError(problem: string, cause: unknown): ProviderError {
  const isWrong = WrongContentError.isInstance(cause)
  return new ProviderError(`The local repository ${problem}: ${describeError(cause)}`, {
    cause,
    isRetryable: !isWrong,
    mayHaveStored: !isWrong,
  })
}

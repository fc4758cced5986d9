import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'

export interface UploadOptions {
  signal: AbortSignal
  /** Whether it took the content as a CAR and has not delivered it: it is sent the plain file where it takes that. */
  prefersFile?: boolean
}

/**
 * A service that stores content on IPFS. Each method makes one attempt: the chain adds order, retries and time limits.
 *
 * Failures are thrown as `ProviderError`, which says whether a retry may help; an abort rejects with the signal's reason.
 */
export interface IpfsProvider {
  readonly name: string
  /** Where the provider's content can be read: a URL to which `/ipfs/<cid>` is appended. */
  readonly gatewayUrl: string
  /** Whether the provider fetches content from others by its CID, so that another provider has to hold it first. */
  readonly needsOrigin?: boolean
  /** Whether it is only this machine: it takes what the others cannot. */
  readonly isLocal?: boolean
  /** What the operator should know of how the provider is used, as this process has learned it. */
  readonly note?: string | undefined
  /**
   * Uploads and pins the content. Returns the CID under which the provider holds it, one of `content`'s own. A provider
   * that works on later what it has accepted has not delivered it yet: reading it back decides.
   */
  upload(content: IpfsContent, options: UploadOptions): Promise<{ cid: string }>
  /** Whether this account holds `cid` already; `undefined` if the provider's API cannot tell. */
  holds(cid: string, options: { signal: AbortSignal }): Promise<boolean | undefined>
  /**
   * Ends the pin of `cid` in this account: `true`, also where there is none. `undefined` if the provider's API has no way to
   * do that.
   */
  unpin(cid: string, options: { signal: AbortSignal }): Promise<true | undefined>
}

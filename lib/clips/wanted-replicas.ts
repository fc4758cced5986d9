import type { Services } from '#lib/context.ts'

/** How many providers should hold a clip: `IPFS_REPLICAS`, or as many as there are. */
export function wantedReplicas({ config, chain }: Services): number {
  return Math.min(config.ipfs.replicas, chain.providers.length)
}

import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import { withoutAddresses } from '#lib/platform/without-addresses.ts'
import { contentOf } from './clip-content.ts'
import { verifyPin } from './verify-pin.ts'

/** What was found when the bytes of a clip were read and hashed now. */
export interface ClipVerdict {
  isVerified: boolean
  /** Where the right bytes were read: a provider, or `here`, where no provider has them yet. */
  readFrom?: string
  /** Why they could not be read, or are not right, one sentence a place. */
  failures: string[]
}

/**
 * Reads the bytes of `clip` from where a caller gets them, one provider after the other, and compares their CID. Changes no
 * record.
 *
 * @throws CatalogError when the catalog fails
 */
export async function verifyClip(services: Services, clip: Clip): Promise<ClipVerdict> {
  if (!clip.cid) return { isVerified: false, failures: ['It is being spoken, and has no bytes yet'] }
  const failures: string[] = []
  const pins = clip.state === 'stored' ? await services.catalog.pins.ofClip(clip.id) : []
  for (const pin of pins.filter(({ lostAt }) => lostAt === null)) {
    const { outcome, error } = await verifyPin(services, clip, pin, { asksOthers: true })
    if (outcome === 'delivered') return { isVerified: true, readFrom: pin.provider, failures }
    failures.push(`${pin.provider}: ${withoutAddresses(services.scrub(error ?? outcome))}`)
  }
  if (clip.state === 'stored') return { isVerified: false, failures: failures.length > 0 ? failures : [LOST] }
  try {
    await contentOf(services, clip)
    return { isVerified: true, readFrom: 'here', failures }
  } catch (error) {
    return {
      isVerified: false,
      failures: [`here: ${withoutAddresses(services.scrub(describeError(error)))}`],
    }
  }
}

const LOST = 'No provider is known to have it any more'

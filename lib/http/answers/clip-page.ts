import type { Pin } from '#lib/catalog/schema.ts'
import { clipToShow } from '#lib/clips/clip-to-show.ts'
import { readClip } from '#lib/clips/watch-clip.ts'
import type { Services } from '#lib/context.ts'
import type { SpokenBy } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { withTimeLimit } from '#lib/platform/clock.ts'
import { clipAnswer } from './clip.ts'
import { iso, isoOrAbsent } from './or-absent.ts'

/** A page that waits longer for the name of a voice does without. */
const VOICES_TIMEOUT_MS = 500

/**
 * What the page of a clip shows, which is what anybody may know of it: neither the text nor the notes of its maker.
 *
 * @throws ServiceError `not_found`, `expired`, `deleted`
 * @throws CatalogError when the catalog fails
 */
export async function clipPage(services: Services, name: string, baseUrl: string) {
  const { id } = await clipToShow(services, name)
  const history = await readClip(services, id)
  if (!history) throw new ServiceError('not_found', 'There is no clip with this id or CID')
  const { keepPending } = services.config.tempAudio
  const { state, expiresAt } = history.clip
  const voiceName = await voiceNameOf(services, history.clip.speech?.spokenBy)
  return {
    title: voiceName ? `Voice clip by ${voiceName}` : 'Voice clip',
    voiceName,
    clip: clipAnswer(history, baseUrl),
    /** When it ends unless a provider takes it before. */
    endsAt: state === 'stored' || keepPending ? undefined : iso(expiresAt),
    keepers: (await services.catalog.pins.ofClip(id)).map(keeperOf),
  }
}

/** A provider that has taken the clip. `verifiedAt`: when it last delivered the right bytes. */
function keeperOf({ provider, pinnedAt, provenAt, checkedAt, unconfirmedSince, lostAt }: Pin) {
  // Since when it cannot be confirmed, `checkedAt` only says when that was tried.
  const isConfirmed = provenAt !== null && unconfirmedSince === null && lostAt === null
  return {
    provider,
    keptSince: isoOrAbsent(pinnedAt),
    verifiedAt: isoOrAbsent(isConfirmed ? Math.max(provenAt, checkedAt ?? 0) : provenAt),
    unconfirmedSince: isoOrAbsent(unconfirmedSince),
    lostAt: isoOrAbsent(lostAt),
  }
}

/** The name of a voice, where everybody may see the list of voices. */
async function voiceNameOf({ speech, config, clock, tasks }: Services, spokenBy: SpokenBy | undefined) {
  if (spokenBy?.vendor !== speech.vendor.name || config.access.vocalizeApiKeys.length > 0) return undefined
  const voices = await withTimeLimit(() => speech.voices({ signal: tasks.signal }), {
    clock,
    timeoutMs: VOICES_TIMEOUT_MS,
    timeoutError: () => new Error('The list of voices took too long'),
  }).catch(() => [])
  return voices.find(({ id }) => id === spokenBy.voiceId)?.name
}

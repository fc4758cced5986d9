import { z } from 'zod'
import { type ListCursor, SHORTEST_ID_PREFIX } from '#lib/catalog/clip-list.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, isClipId } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { iso, isoOrAbsent, orAbsent } from './or-absent.ts'

/** No more clips of a list are counted, so that its count costs the same however many there are. */
const COUNTED = 1000

const timeSchema = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-22T12:00:00Z' })
  .transform((text) => Date.parse(text))

const cursorSchema = z
  .string()
  .transform(readCursor)
  .refine((cursor) => cursor !== undefined, { error: 'must be the nextCursor of an earlier answer' })

/** The query of `GET /api/admin/clips`. With `q` the clips are searched, whatever else is asked for. */
export const listedClipsQuery = z
  .object({
    state: z.enum(['all', 'pending', 'stored', 'expired']).default('pending'),
    provider: z.string().min(1).max(64).optional(),
    from: timeSchema.optional(),
    before: timeSchema.optional(),
    q: z.string().trim().min(1).max(500).optional(),
    cursor: cursorSchema.optional(),
    limit: z.coerce.number().int().min(1).max(100).default(20),
  })
  .refine(({ state, provider }) => provider === undefined || state === 'stored', {
    error: 'only stored clips have one: ask for state=stored',
    path: ['provider'],
  })

/** The clips that an operator asks for: one page of a list, or what was found. @throws CatalogError, ServiceError */
export async function listedClipsAnswer(
  { catalog: { clipList } }: Services,
  query: z.infer<typeof listedClipsQuery>,
) {
  const { q, state, provider, from, before, cursor: after, limit } = query
  if (q !== undefined) {
    const clips = await clipList.find(searchedFor(q), limit)
    return { clips: clips.map(listedClip), total: clips.length, isTotalExact: clips.length < limit }
  }
  const filter = { list: state, provider, from, before }
  const { clips, next } = await clipList.page({ ...filter, after, limit })
  const counted = await clipList.count(filter, COUNTED + 1)
  return {
    clips: clips.map(listedClip),
    nextCursor: next && writeCursor(next),
    total: Math.min(counted, COUNTED),
    isTotalExact: counted <= COUNTED,
  }
}

/** The id or the CID in what was searched for, which may be an address; else all of it. @throws ServiceError */
function searchedFor(text: string): string {
  const [, id] = /(?:^|[^0-9a-f])([0-9a-f]{32})(?![0-9a-f])/.exec(text) ?? []
  const [cid] = /\b(?:b[a-z2-7]{50,}|Qm[1-9A-HJ-NP-Za-km-z]{44})\b/.exec(text) ?? []
  const found = cid ?? id ?? text
  if (/^[0-9a-f]+$/.test(found) && found.length < SHORTEST_ID_PREFIX) {
    const message = `q: the beginning of an id must have ${SHORTEST_ID_PREFIX} characters or more`
    throw new ServiceError('invalid_request', message, { errors: [{ path: 'q', message }] })
  }
  return found
}

/** A clip as one line of the operators' list. */
export function listedClip(clip: Clip) {
  return {
    id: clip.id,
    state: clip.state,
    requestId: clip.requestId,
    characters: clip.characters,
    voiceId: clip.speech?.spokenBy.voiceId ?? clip.voiceId,
    vendor: clip.speech?.spokenBy.vendor,
    label: orAbsent(clip.label),
    cid: orAbsent(clip.cid),
    bytes: clip.sizeBytes,
    durationMs: orAbsent(clip.durationMs),
    hasLocalBytes: clip.hasLocalBytes,
    tries: clip.attempts,
    createdAt: iso(clip.createdAt),
    expiresAt: iso(clip.expiresAt),
    storedAt: isoOrAbsent(clip.storedAt),
    nextAttemptAt: isoOrAbsent(clip.nextAttemptAt),
    provider: orAbsent(clip.provider),
    error: orAbsent(clip.lastError),
  }
}

/** Such as `1764158400000-0123456789abcdef0123456789abcdef`. */
const writeCursor = ({ at, id }: ListCursor) => `${at}-${id}`

function readCursor(text: string): ListCursor | undefined {
  const [, at, id = ''] = /^(\d{1,15})-(.*)$/.exec(text) ?? []
  return isClipId(id) ? { at: Number(at), id } : undefined
}

import { z } from 'zod'
import type { ClipCursor, ClipFilter } from '#lib/catalog/clip-list.ts'
import type { Deletion } from '#lib/catalog/deletions.ts'
import type { Services } from '#lib/context.ts'
import { parseWith } from '#lib/http/body.ts'
import { labelText } from '#lib/http/note-fields.ts'
import { type Clip, isClipId } from '#lib/model/clip.ts'
import { asPublished } from '#lib/model/permanent-url.ts'
import { clipAnswer, clipSchema } from './clip.ts'
import { deletionAnswer, deletionSchema } from './deletion.ts'
import * as field from './fields.ts'
import { notesAnswer } from './notes.ts'

const timeSchema = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-22T12:00:00Z' })
  .transform((text) => Date.parse(text))

const cursorSchema = z
  .string()
  .refine((text) => readCursor(text) !== undefined, { error: 'must be the nextCursor of an earlier answer' })

/** The query of `GET /api/clips`. */
export const ownClipsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: cursorSchema.optional(),
  state: z.enum(['speaking', 'staged', 'pending', 'stored', 'expired', 'deleted']).optional(),
  label: labelText.optional(),
  createdFrom: timeSchema.optional(),
  createdBefore: timeSchema.optional(),
})

const ownClipSchema = clipSchema.omit({ attempts: true }).extend({
  deletion: deletionSchema.optional().meta({ description: 'Only of clips that were deleted.' }),
})

export const ownClipsAnswerSchema = z
  .object({
    success: field.success,
    data: z.object({
      clips: z.array(ownClipSchema),
      nextCursor: z
        .string()
        .optional()
        .meta({ description: 'Send it as `cursor` for the next page; missing on the last one.' }),
    }),
  })
  .meta({ id: 'OwnClipsAnswer' })

/** One page of the clips that `query` asks for, among those of `madeBy`, or among all. @throws CatalogError */
export async function ownClipsAnswer(
  { catalog, config }: Services,
  request: Request,
  { madeBy, baseUrl }: { madeBy: string | undefined; baseUrl: string },
) {
  const query = parseWith(ownClipsQuery, Object.fromEntries(new URL(request.url).searchParams))
  const { limit, cursor, ...filter } = query
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const wanted: ClipFilter = { ...filter, madeBy }
  const found = await catalog.clipList.newest({ ...wanted, after, limit: limit + 1 })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const clips = await Promise.all(
    page.map(async (clip) => {
      const deletions = clip.state === 'deleted' ? await catalog.deletions.ofClip(clip.id) : []
      return ownClip(asPublished(config, clip), deletions, baseUrl)
    }),
  )
  const nextCursor = found.length > limit && last ? writeCursor(last) : undefined
  return { success: true, data: { clips, nextCursor } }
}

function ownClip(clip: Clip, deletions: Deletion[], baseUrl: string) {
  const { attempts: _, ...known } = clipAnswer({ clip, attempts: [] }, baseUrl)
  const deletion = deletions.length > 0 ? deletionAnswer(deletions) : undefined
  return { ...known, ...notesAnswer(clip), deletion }
}

/** Such as `1764158400000-0123456789abcdef0123456789abcdef`. */
const writeCursor = ({ createdAt, id }: ClipCursor) => `${createdAt}-${id}`

function readCursor(text: string): ClipCursor | undefined {
  const [, createdAt, id = ''] = /^(\d{1,15})-(.*)$/.exec(text) ?? []
  return isClipId(id) ? { createdAt: Number(createdAt), id } : undefined
}

import { z } from 'zod'
import type { Deletion } from '#lib/catalog/deletions.ts'
import type { DeletedClip } from '#lib/clips/delete-clip.ts'
import { withoutAddresses } from '#lib/platform/without-addresses.ts'
import * as field from './fields.ts'
import { iso } from './or-absent.ts'

const outcomes = ['waiting', 'unpinned', 'shared', 'kept'] as const

export const deletionSchema = z
  .object({
    state: z
      .enum(['deleting', 'deleted'])
      .meta({ description: '`deleting`: some of it is tried again in the background.' }),
    deletedAt: field.time.meta({ description: 'From then on nobody is served it.' }),
    doneAt: field.time.optional(),
    by: z.enum(['maker', 'operator']),
    nextAttemptAt: field.time.optional(),
    providers: z.array(
      z.object({
        provider: z.string(),
        cid: z.string(),
        outcome: z.enum(outcomes).meta({
          description:
            '`unpinned`: the provider has ended its pin, and deletes the bytes in its own time. `waiting`: it is asked again. `shared`: another clip has the same content, and with the last of them the pin goes. `kept`: it does not end the pin; `error` says why.',
        }),
        error: z.string().optional(),
      }),
    ),
    note: z.string(),
  })
  .meta({ id: 'Deletion' })

export const deletedAnswerSchema = z
  .object({
    success: field.success,
    data: z.object({ id: field.clipId, cid: field.cid.optional(), ...deletionSchema.shape }),
  })
  .meta({ id: 'DeletedAnswer' })

const NOTE =
  'This service serves it no more. Others may hold copies: whoever knew its CID may have pinned or cached it, and gateways keep what they have fetched for some time.'

/** How far the deletion of a clip, and of its captions, has come, and what it could not reach. */
export function deletionAnswer(deletions: Deletion[]) {
  const open = deletions.filter(({ doneAt }) => doneAt === null)
  const [first] = deletions
  const isDone = open.length === 0
  return {
    state: isDone ? ('deleted' as const) : ('deleting' as const),
    deletedAt: iso(first?.requestedAt ?? 0),
    doneAt: isDone ? iso(Math.max(...deletions.map(({ doneAt }) => doneAt ?? 0))) : undefined,
    by: first?.requestedBy,
    nextAttemptAt: isDone ? undefined : iso(Math.min(...open.map(({ nextAttemptAt }) => nextAttemptAt))),
    providers: deletions.flatMap(({ targets }) =>
      targets.map(({ provider, cid, outcome, error }) => ({
        provider,
        cid,
        outcome: outcome === 'pinned' ? ('waiting' as const) : outcome,
        ...(error !== null && { error: withoutAddresses(error) }),
      })),
    ),
    note: NOTE,
  }
}

/** The answer to `DELETE /api/clips/{id}`. */
export function deletedAnswer({ clip, deletions }: DeletedClip) {
  const data = { id: clip.id, cid: clip.cid ?? undefined, ...deletionAnswer(deletions) }
  return { success: true, data }
}

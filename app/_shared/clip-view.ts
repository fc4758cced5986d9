import type { clipAnswer } from '#lib/http/answers/clip.ts'

/** A clip as `GET /api/clips/{id}` and its events describe it. */
export type ClipView = ReturnType<typeof clipAnswer>

/** One upload attempt at one provider. */
export type AttemptView = ClipView['attempts'][number]

/** Whether a clip is in its final state. */
export const isSettled = ({ state }: Pick<ClipView, 'state'>) => state === 'stored' || state === 'expired'

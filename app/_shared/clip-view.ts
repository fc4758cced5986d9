import type { clipAnswer } from '#lib/http/answers/clip.ts'

/** A clip as `GET /api/clips/{id}` and the events tell it. */
export type ClipView = ReturnType<typeof clipAnswer>

/** One try at one provider. */
export type AttemptView = ClipView['attempts'][number]

/** Whether nothing will happen to a clip any more. */
export const isSettled = ({ state }: Pick<ClipView, 'state'>) => state === 'stored' || state === 'expired'

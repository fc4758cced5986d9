import { markedError } from '#lib/platform/errors.ts'

/** Pieces of audio cannot be joined: they differ, or one of them is not what it should be. The message says which. */
export class JoinError extends markedError('JoinError') {}

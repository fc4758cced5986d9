import { markedError } from '#lib/platform/errors.ts'

/** The copy was not begun, and nothing was changed. */
export class MigrationRefusedError extends markedError('MigrationRefusedError') {}

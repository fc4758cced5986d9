import { markedError } from '#lib/platform/errors.ts'

/** A backup or a restore that was not begun, and why. */
export class BackupRefusedError extends markedError('BackupRefusedError') {}

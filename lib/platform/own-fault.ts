import { isDiskFull } from './disk-space.ts'

/** Codes by which the system says that this process may open no more files, or that a disk cannot be read or written. */
const codes = new Set(['EMFILE', 'ENFILE', 'EIO', 'EROFS', 'EACCES', 'ENOMEM'])

/** Whether an error, or a cause of it, is a fault of this machine and says nothing of whoever was to be asked. */
export function isOwnFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code = '' } = error as NodeJS.ErrnoException
  return isDiskFull(error) || codes.has(code) || isOwnFault(error.cause)
}

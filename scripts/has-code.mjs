/**
 * Whether `error` is a system error with this code, such as `ENOENT`.
 *
 * @param {unknown} error
 * @param {string} code
 * @see https://nodejs.org/api/errors.html#common-system-errors
 */
export const hasCode = (error, code) => error instanceof Error && 'code' in error && error.code === code

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks `check` again and again until it gives something other than `undefined`, `null` or `false`.
 *
 * @throws Error with `what` once `timeoutMs` is over
 */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 25 } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const result = await check()
    if (result !== undefined && result !== null && result !== false) {
      return result as NonNullable<Exclude<T, false>>
    }
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}`)
    await sleep(everyMs)
  }
}

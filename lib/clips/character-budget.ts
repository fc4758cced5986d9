import type { Services } from '#lib/context.ts'
import { type ErrorCode, ServiceError } from '#lib/model/errors.ts'

/** Errors after which nothing was spoken, so that nothing is owed. A time-out or a broken stream may have been paid for. */
const UNSPOKEN: readonly ErrorCode[] = [
  'invalid_request',
  'voice_not_found',
  'temp_storage_full',
  'shutting_down',
  'speech_credentials_refused',
  'speech_quota_exceeded',
  'speech_overloaded',
  'speech_unavailable',
]

/** What becomes of characters that were counted when the text was not spoken after all. */
export interface CharacterRefund {
  /** Gives them back where the error means that nothing was paid for. */
  afterFailure(error: unknown): Promise<undefined>
  /** Gives them back: the clip was there already. */
  refund(): Promise<void>
}

/**
 * Counts `text` against the daily budget of `caller`, where there is one. Returns what gives the characters back.
 *
 * @throws ServiceError `character_budget_exceeded`
 * @throws CatalogError when the budget cannot be read: characters are money
 */
export async function spendCharacters(
  { catalog, clock, config, log }: Services,
  caller: string,
  text: string,
): Promise<CharacterRefund> {
  const limit = config.access.charactersPerDay
  if (limit === undefined) return { afterFailure: async () => undefined, refund: async () => {} }
  const now = new Date(clock.now())
  const spending = { day: now.toISOString().slice(0, 10), caller, characters: [...text].length }
  if (!(await catalog.budgets.spend(spending, limit))) {
    const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
    throw new ServiceError(
      'character_budget_exceeded',
      `This text goes beyond the ${limit} characters that you may have spoken in a day; a new day begins at midnight UTC`,
      { retryAfterMs: midnight - now.getTime() },
    )
  }
  const refund = () =>
    catalog.budgets
      .refund(spending)
      .catch((cause: unknown) => log.error({ err: cause }, 'Characters could not be given back'))
  return {
    refund,
    async afterFailure(error) {
      if (ServiceError.isInstance(error) && UNSPOKEN.includes(error.code)) await refund()
      return undefined
    },
  }
}

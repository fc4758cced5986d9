import type { Services } from '#lib/context.ts'
import { type ErrorCode, ServiceError } from '#lib/model/errors.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import type { CharacterUsage } from '#lib/speech/speech.ts'

/** Errors after which the vendor charges nothing. After a time-out or a broken stream it may charge all the same. */
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

/** Whether the vendor charges nothing after this error. */
export const isUnpaid = (code: ErrorCode) => UNSPOKEN.includes(code)

/** Gives back characters that were counted for a text that was not paid for after all. */
export interface CharacterRefund {
  /** Gives them back if `error` means that nothing was paid for. */
  afterFailure(error: unknown): Promise<undefined>
  /** Gives them back: the clip existed already. */
  refund(): Promise<void>
}

/**
 * Counts `text` against the daily budget of `caller`, where there is one.
 *
 * @throws ServiceError `character_budget_exceeded`
 * @throws CatalogError when the budget cannot be read: without it no money may be spent
 */
export async function spendCharacters(
  services: Services,
  caller: string,
  text: string,
): Promise<CharacterRefund> {
  const { catalog, clock, config } = services
  const limit = config.access.charactersPerDay
  if (limit === undefined) return { afterFailure: async () => undefined, refund: async () => {} }
  const now = clock.now()
  const spending = { day: dayOf(now), caller, characters: [...text].length }
  if (!(await catalog.budgets.spend(spending, limit))) {
    throw new ServiceError(
      'character_budget_exceeded',
      `This text goes beyond the ${limit} characters that you may have spoken in a day; a new day begins at midnight UTC`,
      { retryAfterMs: midnightAfter(now) - now },
    )
  }
  const { characters } = spending
  const refund = () => refundCharacters(services, { caller, spentAt: now, characters })
  return {
    refund,
    async afterFailure(error) {
      if (ServiceError.isInstance(error) && isUnpaid(error.code)) await refund()
      return undefined
    },
  }
}

/** What `caller` has had spoken today, and may; `undefined` where there is no budget. @throws CatalogError */
export async function spentCharacters(
  { catalog, clock, config }: Pick<Services, 'catalog' | 'clock' | 'config'>,
  caller: string,
): Promise<CharacterUsage | undefined> {
  const limitCharacters = config.access.charactersPerDay
  if (limitCharacters === undefined) return undefined
  const now = clock.now()
  const usedCharacters = await catalog.budgets.spent({ day: dayOf(now), caller })
  return { usedCharacters, limitCharacters, resetsAt: midnightAfter(now) }
}

/** Gives back characters that were counted at `spentAt`, in milliseconds since the epoch. Never throws. */
export async function refundCharacters(
  { catalog, config, log }: Services,
  { caller, spentAt, characters }: { caller: string; spentAt: number; characters: number },
): Promise<void> {
  if (config.access.charactersPerDay === undefined || characters === 0) return
  await catalog.budgets
    .refund({ day: dayOf(spentAt), caller, characters })
    .catch((cause: unknown) => log.error({ err: cause }, 'Characters could not be given back'))
}

/** Such as `2026-11-22`, in UTC. */
const dayOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10)

/** Days in UTC have one length. */
const midnightAfter = (timeMs: number) => (Math.floor(timeMs / DAY_MS) + 1) * DAY_MS

import { z } from 'zod'
import { spentCharacters } from '#lib/clips/character-budget.ts'
import { isKeyCaller } from '#lib/clips/maker.ts'
import type { Services } from '#lib/context.ts'
import type { CharacterUsage } from '#lib/speech/speech.ts'

/** Where nothing limits the characters; clients count what is left, in 32 bits some of them. */
const UNLIMITED = 2_147_483_647

const price = { amount: '0', currency: 'usd' }

/** What a subscription has that there is none of here; ElevenLabs' SDKs require it. */
const noSubscription = {
  tier: 'voicepin',
  max_character_limit_extension: null,
  max_credit_limit_extension: 0,
  can_extend_character_limit: false,
  allowed_to_extend_character_limit: false,
  voice_slots_used: 0,
  professional_voice_slots_used: 0,
  professional_voice_slots_used_in_workspace: 0,
  voice_limit: 0,
  voice_add_edit_counter: 0,
  professional_voice_limit: 0,
  can_extend_voice_limit: false,
  can_use_instant_voice_cloning: false,
  can_use_professional_voice_cloning: false,
  current_overage: price,
  status: 'active',
  open_invoices: [],
  has_open_invoices: false,
}

export const elevenLabsSubscriptionSchema = z
  .looseObject({
    tier: z.string(),
    character_count: z.int().min(0),
    character_limit: z.int().min(0),
    next_character_count_reset_unix: z.int().nullable(),
    status: z.string(),
  })
  .meta({ id: 'ElevenLabsSubscription' })

export const elevenLabsUserSchema = z
  .looseObject({ user_id: z.string(), subscription: elevenLabsSubscriptionSchema })
  .meta({ id: 'ElevenLabsUser' })

type AccountServices = Pick<Services, 'catalog' | 'clock' | 'config' | 'speech' | 'tasks'>

/**
 * How many characters are used and left: of the vendor's account where it tells and the caller has a key, else of the
 * caller's day.
 *
 * @see https://elevenlabs.io/docs/api-reference/user/subscription/get
 * @throws CatalogError
 */
export async function elevenLabsSubscription(services: AccountServices, caller: string) {
  const { usedCharacters, limitCharacters, resetsAt } = await usageOf(services, caller)
  return {
    ...noSubscription,
    character_count: usedCharacters,
    character_limit: limitCharacters,
    next_character_count_reset_unix: resetsAt === undefined ? null : Math.floor(resetsAt / 1000),
  }
}

/** @see https://elevenlabs.io/docs/api-reference/user/get */
export async function elevenLabsUser(services: AccountServices, caller: string) {
  return {
    user_id: caller,
    workspace_id: 'voicepin',
    subscription: await elevenLabsSubscription(services, caller),
    is_new_user: false,
    can_use_delayed_payment_methods: false,
    is_onboarding_completed: true,
    is_onboarding_checklist_completed: true,
    created_at: 0,
    seat_type: 'workspace_member',
  }
}

async function usageOf(services: AccountServices, caller: string): Promise<CharacterUsage> {
  const { speech, tasks } = services
  // How much of the account is used is not for everybody to know.
  const told =
    isKeyCaller(caller) && (await speech.account?.usage({ signal: tasks.signal }).catch(() => undefined))
  return (
    told || ((await spentCharacters(services, caller)) ?? { usedCharacters: 0, limitCharacters: UNLIMITED })
  )
}

import { z } from 'zod'
import type { Services } from '#lib/context.ts'
import { parseWith } from '#lib/http/body.ts'
import { optional } from '#lib/http/optional.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { snakeCased } from '#lib/platform/letter-case.ts'
import type { Voice } from '#lib/speech/speech.ts'

export const elevenLabsSettingsSchema = z
  .object({
    stability: z.number(),
    similarity_boost: z.number(),
    style: z.number(),
    use_speaker_boost: z.boolean(),
    speed: z.number(),
  })
  .meta({ id: 'ElevenLabsVoiceSettings' })

/** What ElevenLabs documents as the settings of a voice that has none of its own. */
const defaultSettings = {
  stability: 0.5,
  similarityBoost: 0.75,
  style: 0,
  useSpeakerBoost: true,
  speed: 1,
}

export const elevenLabsVoiceSchema = z
  .object({
    voice_id: z.string(),
    name: z.string(),
    category: z.string(),
    labels: z.record(z.string(), z.string()),
    description: z.string().optional(),
    preview_url: z.string().optional(),
    settings: elevenLabsSettingsSchema.optional(),
  })
  .meta({ id: 'ElevenLabsVoice' })

export const elevenLabsVoicesSchema = z
  .object({ voices: z.array(elevenLabsVoiceSchema) })
  .meta({ id: 'ElevenLabsVoices' })

export const elevenLabsVoicePageSchema = elevenLabsVoicesSchema
  .extend({ has_more: z.boolean(), total_count: z.int(), next_page_token: z.string().nullable() })
  .meta({ id: 'ElevenLabsVoicePage' })

type SpeechServices = Pick<Services, 'speech' | 'tasks'>

const voicesOf = ({ speech, tasks }: SpeechServices) => speech.voices({ signal: tasks.signal })

/** @see https://elevenlabs.io/docs/api-reference/voices/get-all */
export async function elevenLabsVoices(services: SpeechServices) {
  return { voices: (await voicesOf(services)).map(asVoice) }
}

/** The query of `GET /v2/voices`. Filters for what voices here have none of are ignored. */
export const voicePageSchema = z.object({
  page_size: optional(
    z
      .string()
      .regex(/^([1-9]\d?|100)$/, 'must be a whole number from 1 to 100')
      .transform(Number)
      .meta({ override: { type: 'string', pattern: '^([1-9][0-9]?|100)$' } }),
  ),
  next_page_token: optional(z.string().regex(/^\d{1,6}$/, 'must be the token of the page before')),
  search: optional(z.string().max(200)),
  sort: optional(z.enum(['name', 'created_at_unix'])),
  sort_direction: optional(z.enum(['asc', 'desc'])),
  category: optional(z.string().max(100)),
  voice_ids: optional(z.string().max(4000)),
})

/**
 * One page of the voices whose name, description or language has the text that is looked for.
 *
 * @see https://elevenlabs.io/docs/api-reference/voices/search
 * @throws ServiceError `invalid_request`
 */
export async function elevenLabsVoicePage(services: SpeechServices, query: URLSearchParams) {
  const all = Object.fromEntries([...query].map(([name]) => [name, query.getAll(name).join(',')]))
  const { page_size: size = 10, next_page_token: token = '0', ...filter } = parseWith(voicePageSchema, all)
  const found = matching(await voicesOf(services), filter)
  const start = Number(token)
  const end = start + size
  const hasMore = end < found.length
  return {
    voices: found.slice(start, end).map(asVoice),
    has_more: hasMore,
    total_count: found.length,
    next_page_token: hasMore ? String(end) : null,
  }
}

type Filter = Omit<z.output<typeof voicePageSchema>, 'page_size' | 'next_page_token'>

function matching(voices: Voice[], { search = '', sort, sort_direction, category, voice_ids }: Filter) {
  const ids = voice_ids?.split(',')
  const wanted = search.toLowerCase()
  const found = voices
    .filter(({ id }) => ids === undefined || ids.includes(id))
    .filter(() => category === undefined || category === CATEGORY)
    .filter(({ name, description = '', language = '' }) =>
      [name, description, language].some((text) => text.toLowerCase().includes(wanted)),
    )
  const sorted = sort === 'name' ? found.toSorted((a, b) => a.name.localeCompare(b.name)) : found
  return sort_direction === 'desc' && sort === 'name' ? sorted.toReversed() : sorted
}

/**
 * @see https://elevenlabs.io/docs/api-reference/voices/get
 * @throws ServiceError `voice_not_found`
 */
export async function elevenLabsVoice(services: SpeechServices, id: string) {
  const voice = await findVoice(services, id)
  return { ...asVoice(voice), settings: settingsOf(voice) }
}

/**
 * The settings of a voice; without `id` those of every voice that has none of its own.
 *
 * @see https://elevenlabs.io/docs/api-reference/voices/settings/get
 * @throws ServiceError `voice_not_found`
 */
export async function elevenLabsVoiceSettings(services: SpeechServices, id?: string) {
  return settingsOf(id === undefined ? {} : await findVoice(services, id))
}

async function findVoice(services: SpeechServices, id: string): Promise<Voice> {
  const voice = (await voicesOf(services)).find((candidate) => candidate.id === id)
  if (voice) return voice
  throw new ServiceError(
    'voice_not_found',
    `There is no voice "${id}"; GET /v1/voices lists those that there are`,
  )
}

const settingsOf = ({ settings }: Pick<Voice, 'settings'>) => snakeCased({ ...defaultSettings, ...settings })

/** All voices here were made before. */
const CATEGORY = 'premade'

function asVoice({ id, name, language, accent, gender, age, description, previewUrl }: Voice) {
  const labels = { language, accent, gender, age }
  return {
    voice_id: id,
    name,
    category: CATEGORY,
    labels: Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== undefined)),
    description,
    preview_url: previewUrl,
  }
}

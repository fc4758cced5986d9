import type { FieldError } from '#lib/model/errors.ts'
import { camelCase } from '#lib/platform/letter-case.ts'
import type { Excerpt } from '#lib/platform/response-excerpt.ts'
import { createVendorErrors, type Meaning } from '#lib/speech/http/errors.ts'
import { elevenLabsFields } from './fields.ts'

/** What ElevenLabs' own words for an error mean. */
const meanings: Record<string, Meaning> = {
  invalid_api_key: { code: 'speech_credentials_refused' },
  quota_exceeded: { code: 'speech_quota_exceeded' },
  voice_not_found: { code: 'voice_not_found', path: 'voiceId' },
  voice_does_not_exist: { code: 'voice_not_found', path: 'voiceId' },
  max_character_limit_exceeded: { code: 'invalid_request', path: 'text' },
  model_not_found: { code: 'invalid_request', path: 'modelId' },
  // Each plan has its own list of formats.
  output_format_not_allowed: { code: 'invalid_request', path: 'outputFormat' },
  subscription_required: { code: 'invalid_request' },
  // A voice of the library, on the free plan: 402, as a used-up quota has it too.
  paid_plan_required: { code: 'invalid_request', path: 'voiceId' },
  too_many_concurrent_requests: { code: 'speech_overloaded' },
  concurrent_limit_exceeded: { code: 'speech_overloaded' },
  system_busy: { code: 'speech_overloaded' },
}

export const { refusalOf, timeoutError, brokenError, noAudioError } = createVendorErrors({
  title: 'ElevenLabs',
  keyVariable: 'ELEVENLABS_API_KEY',
  urlVariable: 'ELEVENLABS_BASE_URL',
  voiceHint: 'the id of a voice in the account',
  meaningOf(_, body) {
    const known = wordsOf(detailOf(body)).find((word) => Object.hasOwn(meanings, word))
    return known === undefined ? undefined : meanings[known]
  },
  fieldErrorsOf(body, excerpt) {
    const detail = detailOf(body)
    return Array.isArray(detail) ? fieldErrorsOf(detail, excerpt) : []
  },
})

const detailOf = (body: unknown) => (body as { detail?: unknown } | null)?.detail

/** ElevenLabs names an error in `status`, since 2026 also in `code`. */
function wordsOf(detail: unknown): string[] {
  const { status, code } = (detail ?? {}) as { status?: unknown; code?: unknown }
  return [status, code].filter((word) => typeof word === 'string')
}

/** The fields of a request that the vendor can refuse, by our own names. */
const refusableFields: ReadonlySet<string> = new Set([
  'text',
  'modelId',
  'outputFormat',
  'voiceSettings',
  'voiceSettings.speed',
  ...Object.keys(elevenLabsFields),
])
const MAX_FIELD_ERRORS = 10

/** The entries of a 422, such as `{"loc": ["body", "voice_settings", "speed"], "msg": "…"}`, about fields that there are. */
function fieldErrorsOf(entries: readonly unknown[], excerpt: Excerpt): FieldError[] {
  return entries.slice(0, MAX_FIELD_ERRORS).flatMap((entry) => {
    const { loc, msg } = (entry ?? {}) as { loc?: unknown; msg?: unknown }
    const [, ...names] = Array.isArray(loc) ? loc.filter((name) => typeof name === 'string') : []
    const path = camelCase(names.join('.'))
    const message = typeof msg === 'string' ? excerpt(msg) : 'is wrong'
    return refusableFields.has(path) ? [{ path, message }] : []
  })
}

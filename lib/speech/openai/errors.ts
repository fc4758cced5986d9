import { createVendorErrors, type Meaning } from '#lib/speech/http/errors.ts'

/**
 * What the words for an error mean. OpenAI has them in `error.code` and `error.type`, as have Groq, OpenRouter and
 * AssemblyAI; Kokoro-FastAPI in `detail.error`, and Speaches says a sentence in `detail`.
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 * @see https://github.com/remsky/Kokoro-FastAPI/blob/master/api/src/routers/openai_compatible.py
 */
const meanings: Record<string, Meaning> = {
  insufficient_quota: { code: 'speech_quota_exceeded' },
  billing_hard_limit_reached: { code: 'speech_quota_exceeded' },
  billing_not_active: { code: 'speech_quota_exceeded' },
  invalid_api_key: { code: 'speech_credentials_refused' },
  rate_limit_exceeded: { code: 'speech_overloaded' },
  model_not_found: { code: 'invalid_request', path: 'modelId' },
  model_terms_required: { code: 'speech_credentials_refused' },
  invalid_model: { code: 'invalid_request', path: 'modelId' },
  unsupported_model: { code: 'invalid_request', path: 'modelId' },
  string_above_max_length: { code: 'invalid_request', path: 'text' },
  voice_not_found: { code: 'voice_not_found', path: 'voiceId' },
}

/** OpenAI's names for the fields of a request, and ours. */
const paths: Record<string, string> = {
  input: 'text',
  model: 'modelId',
  response_format: 'outputFormat',
  speed: 'voiceSettings.speed',
  instructions: 'instructions',
}

interface Said {
  code?: unknown
  type?: unknown
  param?: unknown
  message?: unknown
}

export const { refusalOf, timeoutError, brokenError, noAudioError } = createVendorErrors({
  title: 'The speech service behind OPENAI_SPEECH_BASE_URL',
  keyVariable: 'OPENAI_SPEECH_API_KEY',
  urlVariable: 'OPENAI_SPEECH_BASE_URL',
  voiceHint: 'the name of one of its voices',
  meaningOf(statusCode, body) {
    const said = saidIn(body)
    const known = [said.code, said.type].find((word) => Object.hasOwn(meanings, String(word)))
    if (known !== undefined) return meanings[String(known)]
    const isRefusal = [200, 400, 404, 422].includes(statusCode)
    if (isRefusal && isAboutVoice(said)) return { code: 'voice_not_found', path: 'voiceId' }
    if (isRefusal && isAboutModel(said)) return { code: 'invalid_request', path: 'modelId' }
    const path = paths[String(said.param)]
    if (isRefusal && path) return { code: 'invalid_request', path }
    // There is no such page: the URL is wrong, not the voice.
    if (statusCode === 404 || statusCode === 405) return { code: 'speech_invalid_answer' }
    return undefined
  },
})

/** The error within a body, in whichever of the shapes. */
function saidIn(body: unknown): Said {
  if (typeof body === 'string') return { message: body }
  const { error, detail, message } = (body ?? {}) as { error?: unknown; detail?: unknown; message?: unknown }
  if (typeof error === 'object' && error !== null) return error
  if (typeof detail === 'object' && detail !== null) {
    const { error: code, ...rest } = detail as Said & { error?: unknown }
    return { ...rest, code }
  }
  return { message: error ?? detail ?? message }
}

function isAboutVoice({ param, message }: Said): boolean {
  return (
    param === 'voice' ||
    /\bvoices?\b.*(not found|not available|unknown|unsupported|must be one of|does not exist|invalid)/is.test(
      String(message),
    )
  )
}

function isAboutModel({ message }: Said): boolean {
  return /\bmodel\b.*(not found|not installed|unknown|unsupported|does not exist|not supported)/is.test(
    String(message),
  )
}

import type { SpeechVendorName } from '#lib/config/speech.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { type RequestedField, requestedFields, type SpeechRequest, type VoiceSettings } from './request.ts'
import type { SpeechVendor } from './speech.ts'

/** What a field must say to ask for anything: the other values are what every vendor does anyway. */
const isAsking: { readonly [Field in RequestedField]?: (request: SpeechRequest) => boolean } = {
  enableLogging: ({ enableLogging }) => enableLogging === false,
  optimizeStreamingLatency: ({ optimizeStreamingLatency = 0 }) => optimizeStreamingLatency > 0,
  applyTextNormalization: ({ applyTextNormalization }) => applyTextNormalization === 'off',
  applyLanguageTextNormalization: ({ applyLanguageTextNormalization }) =>
    applyLanguageTextNormalization === true,
  usePvcAsIvc: ({ usePvcAsIvc }) => usePvcAsIvc === true,
}

/** A stand-in that cannot do these is not asked: without them the clip would be another one, or break a promise. */
const indispensable: readonly RequestedField[] = [
  'enableLogging',
  'pronunciationDictionaryLocators',
  'audioEffects',
  'instructions',
]

/** The vendor's name within a sentence. */
export const vendorTitles: Record<SpeechVendorName, string> = {
  elevenlabs: 'ElevenLabs',
  openai: 'the OpenAI-compatible speech service',
  local: 'the built-in voice',
}

/**
 * Checks what `request` asks for beyond text, voice, model and format against what `vendor` can do. Returns the request as
 * the vendor is to get it, and a sentence about everything that will have no effect.
 *
 * @throws ServiceError `invalid_request`, naming every field that the vendor cannot take; of a stand-in only those without
 *   which it must not speak
 */
export function fitRequest(
  vendor: SpeechVendor,
  request: SpeechRequest,
  { isStandIn = false } = {},
): { request: SpeechRequest; warnings: string[] } {
  const title = vendorTitles[vendor.name]
  const asked = askedFields(request)
  const untaken = asked.filter((field) => vendor.fields[field] === undefined)
  const refused = isStandIn ? untaken.filter((field) => indispensable.includes(field)) : untaken
  if (refused.length > 0) {
    const errors = refused.map((path) => ({ path, message: `${title} has nothing like it; leave it out` }))
    const details = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
    throw new ServiceError('invalid_request', `The request is not valid: ${details}`, { errors })
  }
  const warned = asked.filter((field) => (vendor.fields[field] ?? 'warned') === 'warned')
  const speed = boundedSpeed(vendor, request)
  return {
    request: withoutFields(speed.request, untaken),
    warnings: [
      ...warned.map((field) => `${capitalised(title)} has nothing like ${field}; it had no effect`),
      ...speed.warnings,
    ],
  }
}

/** Whether a vendor can stand in for the one that was asked for `request`. */
export function canStandIn(vendor: SpeechVendor, request: SpeechRequest): boolean {
  return askedFields(request).every(
    (field) => vendor.fields[field] !== undefined || !indispensable.includes(field),
  )
}

/** The fields of `request` that ask for something. */
function askedFields(request: SpeechRequest): RequestedField[] {
  return requestedFields.filter(
    (field) => wanted(request, field) !== undefined && (isAsking[field]?.(request) ?? true),
  )
}

function wanted(request: SpeechRequest, field: RequestedField): unknown {
  const [name, setting] = field.split('.') as [keyof SpeechRequest, keyof VoiceSettings | undefined]
  return setting ? request.voiceSettings?.[setting] : request[name]
}

/** The request without top-level fields that the vendor cannot take. */
function withoutFields(request: SpeechRequest, fields: RequestedField[]): SpeechRequest {
  return {
    ...request,
    ...Object.fromEntries(fields.filter((field) => !field.includes('.')).map((field) => [field, undefined])),
  }
}

/** A vendor may have narrower bounds for `speed` than the caller's API, and refuse values outside of them. */
function boundedSpeed({ name, speedRange }: SpeechVendor, request: SpeechRequest) {
  const speed = request.voiceSettings?.speed
  if (speed === undefined || !speedRange) return { request, warnings: [] }
  const bounded = Math.min(speedRange.max, Math.max(speedRange.min, speed))
  if (bounded === speed) return { request, warnings: [] }
  const { min, max } = speedRange
  const warning = `${capitalised(vendorTitles[name])} takes a speed from ${min} to ${max}; ${speed} became ${bounded}`
  return {
    request: { ...request, voiceSettings: { ...request.voiceSettings, speed: bounded } },
    warnings: [warning],
  }
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

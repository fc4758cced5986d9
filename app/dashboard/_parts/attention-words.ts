import type { Attention } from '#lib/dashboard/attention.ts'
import { formatBytes, formatClock, formatDuration, providerLabel, vendorLabel } from '../../_shared/format.ts'

/** What an operator reads of something that needs attention. */
export interface AttentionWords {
  title: string
  /** What to do. */
  advice: string
}

/** `now`: milliseconds since the epoch. */
export function wordsOf(entry: Attention, now: number): AttentionWords {
  switch (entry.kind) {
    case 'clips_lost':
      return {
        title: `${clips(entry.clips)} that ${entry.clips === 1 ? 'was' : 'were'} stored ${is(entry.clips)} lost`,
        advice:
          'Their providers do not deliver them, and their bytes are not here. Restore the bytes from a backup, or have the texts spoken again.',
      }
    case 'clips_ending':
      return endingWords(entry, now)
    case 'clips_unproven':
      return {
        title: `${clips(entry.clips, entry.isMore)} past ${entry.clips === 1 ? 'its' : 'their'} time ${is(entry.clips, entry.isMore)} not delivered by a provider yet`,
        advice:
          'Their bytes stay here until a provider delivers them, and take up the byte budget. See whether the gateway of the provider answers.',
      }
    case 'no_provider':
      return {
        title: 'No IPFS provider is configured',
        advice:
          'Every clip stays pending until it expires. Set the credentials of a provider, such as PINATA_JWT, and restart.',
      }
    case 'no_provider_works':
      return {
        title: 'No provider works now: new clips stay pending',
        advice:
          'They are uploaded by themselves as soon as a provider works again. If none of these can be mended soon, configure another provider.',
      }
    case 'provider_failing':
      return {
        title: `${providerLabel(entry.provider)} fails${because(entry.failure?.error)}`,
        advice: providerAdvice(entry.failure?.statusCode, entry.breaker === 'half_open'),
      }
    case 'provider_note':
      return {
        title: `${providerLabel(entry.provider)}: ${entry.note}`,
        advice: 'Clips are stored all the same, under a CID that the provider may compute in its own way.',
      }
    case 'no_voice_works':
      return {
        title: 'No voice works now: new texts are refused',
        advice:
          'Mend one of the vendors below, or add one that stands in: SPEECH_PROVIDERS=elevenlabs,local.',
      }
    case 'voice_failing':
      return {
        title: entry.note
          ? `${vendorLabel(entry.vendor)}: ${entry.note.charAt(0).toLowerCase()}${entry.note.slice(1)}`
          : `${vendorLabel(entry.vendor)} fails${because(entry.failure?.error)}`,
        advice: voiceAdvice(entry.note, entry.breaker === 'half_open'),
      }
    case 'disk_full':
      return {
        title: 'The disk is full: new clips are refused',
        advice: 'Free space on the disk of TEMP_AUDIO_DIR, or move that to a larger one.',
      }
    case 'disk_low':
      return {
        title: 'The disk is nearly full',
        advice: 'Free space on the disk of TEMP_AUDIO_DIR before new clips are refused.',
      }
    case 'budget_low':
    case 'budget_used_up':
      return budgetWords(entry)
    case 'redis_away':
      return {
        title: 'Redis is away: each instance works on its own',
        advice:
          'Nothing is lost, but limits and breakers are counted by each instance for itself. See whether the server of REDIS_URL runs.',
      }
  }
}

function endingWords(
  { clips: count, isMore, firstAt }: Extract<Attention, { kind: 'clips_ending' }>,
  now: number,
): AttentionWords {
  const when =
    firstAt > now
      ? `at ${formatClock(firstAt)}, in ${formatDuration(firstAt - now)}`
      : 'at the next clean-up: its time is over'
  const title =
    count === 1 && !isMore
      ? `1 pending clip is lost unless a provider takes it: it expires ${when}`
      : `${number(count, isMore)} pending clips are lost unless a provider takes them: the first expires ${when}`
  return {
    title,
    advice:
      'Get a provider to work, then press “Retry all”. With KEEP_PENDING_AUDIO=true pending clips outlive their time.',
  }
}

function budgetWords(entry: Extract<Attention, { kind: 'budget_low' | 'budget_used_up' }>): AttentionWords {
  const used = `${formatBytes(entry.heldBytes)} of ${formatBytes(entry.maxBytes)}`
  return {
    title:
      entry.kind === 'budget_used_up'
        ? `The byte budget is used up: new clips are refused (${used})`
        : `The byte budget is short: ${used} are in use`,
    advice:
      'Nearly all of it is clips that no provider delivers yet, so nothing can be deleted. Get a provider to work, or raise TEMP_AUDIO_MAX_BYTES.',
  }
}

function providerAdvice(statusCode: number | undefined, isHalfOpen: boolean): string {
  if (statusCode === 401 || statusCode === 403) return 'It refuses the credentials: renew them and restart.'
  if (statusCode === 402 || statusCode === 429)
    return 'Its plan or its rate limit is used up: see your account there.'
  return isHalfOpen
    ? 'Its cool-down is over: the next upload in the background probes it. “Retry all” does so now.'
    : 'It is tried again by itself after its cool-down, a minute at most. If it stays like this, see its status page.'
}

function voiceAdvice(note: string | undefined, isHalfOpen: boolean): string {
  if (note?.includes('quota'))
    return 'Raise the quota of your account there, or add a vendor that stands in (SPEECH_PROVIDERS).'
  if (note?.includes('credentials')) return 'Renew its key and restart.'
  return isHalfOpen
    ? 'Its cool-down is over: the next text is spoken by it, if it can.'
    : 'It is tried again by itself after its cool-down. If it stays like this, see its status page.'
}

const because = (error: string | undefined) => (error ? `: ${error}` : '')
const number = (count: number, isMore = false) => `${isMore ? 'More than ' : ''}${count.toLocaleString('en')}`
const clips = (count: number, isMore = false) =>
  `${number(count, isMore)} ${count === 1 && !isMore ? 'clip' : 'clips'}`
const is = (count: number, isMore = false) => (count === 1 && !isMore ? 'is' : 'are')

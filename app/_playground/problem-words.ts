import type { Problem } from '../_shared/problem.ts'

interface Words {
  title: string
  text: string
}

/** What each kind of refusal means to whoever wants to hear a text; those that are missing speak for themselves. */
const words: Record<string, Words> = {
  rate_limited: {
    title: 'A little too fast',
    text: 'This service speaks only so many texts a minute.',
  },
  character_budget_exceeded: {
    title: 'Enough for today',
    text: 'The characters that you may have spoken in a day are used up.',
  },
  speech_quota_exceeded: {
    title: 'The voice has nothing left to say',
    text: 'The quota of the account behind this voice is used up. Whoever runs this service can raise it.',
  },
  speech_overloaded: { title: 'The voice is busy', text: 'It has more to say than it can at the moment.' },
  speech_unavailable: { title: 'The voice cannot be reached', text: 'Nothing was spoken.' },
  speech_timeout: { title: 'The voice took too long', text: 'It did not finish in time. Nothing was kept.' },
  speech_credentials_refused: {
    title: 'The voice does not know this service',
    text: 'Its vendor refuses the key of this service. Whoever runs it must look after that.',
  },
  speech_invalid_answer: {
    title: 'The voice gave no sound',
    text: 'Its vendor answered with something else.',
  },
  speech_stream_broken: {
    title: 'The voice broke off',
    text: 'The sound ended before the text did, so nothing was kept.',
  },
  storage_unavailable: {
    title: 'There is nowhere to keep a clip',
    text: 'Neither IPFS nor this service can take one at the moment, so nothing was spoken.',
  },
  temp_storage_full: {
    title: 'There is no room for another clip',
    text: 'It comes back as clips reach IPFS.',
  },
  shutting_down: { title: 'The service is restarting', text: 'It will be back in a moment.' },
  not_ready: { title: 'The service is starting', text: 'It will be ready in a moment.' },
  voice_not_found: { title: 'There is no such voice', text: 'Choose another one.' },
  body_too_large: { title: 'The text is too long', text: 'Make it shorter.' },
  expired: { title: 'This clip has expired', text: 'Nobody kept it in time.' },
  deleted: { title: 'This clip was deleted', text: 'Its maker had it deleted.' },
  not_found: { title: 'There is no such clip any more', text: 'This service knows nothing of it.' },
  internal_error: { title: 'Something went wrong here', text: 'It is not your fault. Try once more.' },
  misconfigured: {
    title: 'This service is not set up right',
    text: 'Whoever runs it must look after that.',
  },
}

const fields: Record<string, string> = {
  text: 'The text',
  voiceId: 'The voice',
  modelId: 'The model',
  outputFormat: 'The format',
  languageCode: 'The language',
  seed: 'The seed',
  instructions: 'The instruction',
}

/** A refused request in words for people. */
export function wordsOf({ code = '', status, title, detail, errors = [] }: Problem): Words {
  const known = words[code]
  if (known) return known
  if (code === 'unauthorized') return { title: 'The key does not open this service', text: detail }
  if (errors.length > 0) {
    const text = errors.map(({ path, message }) => `${fieldOf(path)} ${message}.`).join(' ')
    return { title: 'This cannot be spoken', text }
  }
  // A problem of the page's own, or of a service that has its own words for people.
  if (status === 0) return { title: title ?? 'That did not work', text: detail }
  const text = code ? detail : 'The service did not say why. Try once more in a moment.'
  return { title: 'That did not work', text }
}

/** `voiceSettings.similarityBoost` as `The similarity boost`. */
function fieldOf(path: string): string {
  const name = path.split('.').at(-1) ?? path
  return fields[path] ?? `The ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`
}

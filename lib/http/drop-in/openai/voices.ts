import { z } from 'zod'
import type { Services } from '#lib/context.ts'

/** OpenAI's voices. The nth of them gets the nth voice of the vendor, counted around. */
const voiceNames = 'alloy echo fable onyx nova shimmer ash ballad coral sage verse marin cedar'.split(' ')

/** The voice of a request that names none. */
const DEFAULT_VOICE = 'alloy'

type SpeechServices = Pick<Services, 'speech' | 'tasks'>

/** Each of OpenAI's voices always gets the same one of ours; any other name is taken for a voice's id. */
export async function voiceOf({ speech, tasks }: SpeechServices, name = DEFAULT_VOICE): Promise<string> {
  const place = voiceNames.indexOf(name)
  if (place < 0 || speech.vendor.hasOpenAiVoices) return name
  const voices = await speech.voices({ signal: tasks.signal })
  return voices[place % voices.length]?.id ?? name
}

export const openAiVoicesSchema = z
  .object({ voices: z.array(z.object({ id: z.string(), name: z.string() })) })
  .meta({ id: 'OpenAiVoices' })

/** The voices as Kokoro-FastAPI and others list them, for Open WebUI and the like: the vendor's, then OpenAI's. */
export async function openAiVoices({ speech, tasks }: SpeechServices) {
  const voices = await speech.voices({ signal: tasks.signal })
  const known = new Set(voices.map(({ id }) => id))
  const others = voiceNames.filter((name) => !known.has(name)).map((id) => ({ id, name: id }))
  return { voices: [...voices.map(({ id, name }) => ({ id, name })), ...others] }
}

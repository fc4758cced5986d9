/** The counterparts of OpenAI's models. */
const counterparts = new Map([
  ['tts-1', 'eleven_flash_v2_5'],
  ['tts-1-hd', 'eleven_multilingual_v2'],
])

/** A model of ElevenLabs itself, or the counterpart of one of OpenAI's; `undefined` for all others. */
export function modelForOpenAi(model: string): string | undefined {
  return model.startsWith('eleven_') ? model : counterparts.get(model)
}

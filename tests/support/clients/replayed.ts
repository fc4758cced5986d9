import { audioOf, type Client, type ClientContext, post } from './client.ts'

// Programs that cannot run here: their requests, field by field and header by header as their sources send them.

const bearer = ({ key }: ClientContext) => ({ Authorization: `Bearer ${key}` })
const xiKey = ({ key }: ClientContext) => ({ 'xi-api-key': key })

async function listed(
  { baseUrl }: ClientContext,
  path: string,
  headers: Record<string, string>,
  say: (body: never) => unknown,
) {
  const response = await fetch(`${baseUrl}${path}`, { headers })
  return response.status === 200 ? String(say((await response.json()) as never)) : `${response.status}`
}

interface Listed {
  voices: { id?: string; name: string; voice_id?: string }[]
  models: { id: string }[]
}

const openWebUi: Client = {
  name: 'Open WebUI',
  source:
    '[backend/open_webui/routers/audio.py](https://github.com/open-webui/open-webui/blob/main/backend/open_webui/routers/audio.py)',
  calls: {
    // Its base URL ends with /v1; it adds the name of its user to the headers, and what its user has set to the body.
    'speech (engine openai)': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/audio/speech', {
          headers: { ...bearer(context), 'X-OpenWebUI-User-Name': 'Ada', 'X-OpenWebUI-User-Id': '1' },
          body: { input: 'Open WebUI speaks.', voice: 'alloy', model: 'tts-1' },
        }),
      ),
    'speech (engine elevenlabs)': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb', {
          headers: { Accept: 'audio/mpeg', ...xiKey(context) },
          body: {
            text: 'Open WebUI speaks by the other engine.',
            model_id: 'eleven_multilingual_v2',
            voice_settings: { stability: 0.5, similarity_boost: 0.5 },
          },
        }),
      ),
    'voices, models': async (context) => {
      const voices = await listed(context, '/v1/audio/voices', bearer(context), ({ voices }: Listed) =>
        voices.every(({ id, name }) => id && name) ? voices.length > 2 : false,
      )
      const models = await listed(context, '/v1/audio/models', bearer(context), ({ models }: Listed) =>
        models.some(({ id }) => id === 'tts-1'),
      )
      return voices === 'true' && models === 'true' ? 'the voices, the models' : `${voices}, ${models}`
    },
    // Older versions send no key with these; the list is then the one that they have themselves.
    'voices, without a key': (context) => listed(context, '/v1/audio/voices', {}, () => 'the voices'),
  },
}

const homeAssistant: Client = {
  name: 'Home Assistant',
  source:
    '[openai_conversation/tts.py](https://github.com/home-assistant/core/blob/dev/homeassistant/components/openai_conversation/tts.py), [elevenlabs](https://github.com/home-assistant/core/tree/dev/homeassistant/components/elevenlabs)',
  calls: {
    'speech (openai)': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/audio/speech', {
          headers: { ...bearer(context), Accept: 'application/octet-stream', 'User-Agent': 'OpenAI/Python' },
          body: {
            model: 'gpt-4o-mini-tts',
            voice: 'marin',
            input: 'Home Assistant speaks.',
            // It writes `str(None)` where its user has set nothing.
            instructions: 'None',
            speed: 1.0,
            response_format: 'mp3',
          },
        }),
      ),
    'speech (elevenlabs)': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb?output_format=mp3_44100_128', {
          headers: xiKey(context),
          body: {
            text: 'Home Assistant speaks by the other engine.',
            model_id: 'eleven_multilingual_v2',
            voice_settings: { stability: 0.5, similarity_boost: 0.75, style: 0, use_speaker_boost: true },
          },
        }),
      ),
    'set-up (elevenlabs): voices, models': async (context) => {
      const voices = await listed(
        context,
        '/v1/voices',
        xiKey(context),
        ({ voices }: Listed) => voices.length,
      )
      const models = await listed(
        context,
        '/v1/models',
        xiKey(context),
        (all: { can_do_text_to_speech: boolean; languages: unknown[] }[]) =>
          all.every((model) => model.can_do_text_to_speech && model.languages.length > 0),
      )
      return voices === '2' && models === 'true'
        ? 'the voices, the models with languages'
        : `${voices}, ${models}`
    },
    'set-up with a wrong key': async (context) => {
      const { status, ...response } = await fetch(`${context.baseUrl}/v1/voices`, {
        headers: { 'xi-api-key': 'wrong' },
      }).then(async (answer) => ({
        status: answer.status,
        body: (await answer.json()) as { detail: { status: string } },
      }))
      return `${status} ${response.body.detail.status}`
    },
  },
}

const sillyTavern: Client = {
  name: 'SillyTavern',
  source:
    '[tts/openai-compatible.js, tts/elevenlabs.js](https://github.com/SillyTavern/SillyTavern/tree/release/public/scripts/extensions/tts)',
  calls: {
    'speech (OpenAI compatible)': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/audio/speech', {
          headers: bearer(context),
          body: {
            input: 'SillyTavern speaks.',
            response_format: 'mp3',
            voice: 'af_bella+af_sky',
            speed: 1,
            model: 'tts-1',
          },
        }),
      ),
    'default settings (ElevenLabs)': (context) =>
      listed(
        context,
        '/v1/voices/settings/default',
        xiKey(context),
        ({ stability }: { stability: number }) => (stability === 0.5 ? 'the settings' : 'others'),
      ),
  },
}

const libreChat: Client = {
  name: 'LibreChat',
  source:
    '[TTSService.js](https://github.com/danny-avila/LibreChat/blob/main/api/server/services/Files/Audio/TTSService.js)',
  calls: {
    'speech (openai)': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/audio/speech', {
          headers: bearer(context),
          body: { input: 'LibreChat speaks.', model: 'tts-1', voice: 'Emily.wav', backend: 'piper' },
        }),
      ),
    // Without a list of voices it names none, and `model` is the voice that its user has chosen.
    'speech (localai), no voice': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/audio/speech', {
          headers: bearer(context),
          body: { input: 'LibreChat speaks, too.', backend: 'piper' },
        }),
      ),
    'speech (elevenlabs)': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/stream', {
          headers: { ...xiKey(context), Accept: 'audio/mpeg' },
          body: {
            model_id: 'eleven_multilingual_v2',
            text: 'LibreChat speaks by the other engine.',
            voice_settings: { similarity_boost: 0.7, stability: 0.5 },
          },
        }),
      ),
  },
}

const anythingLlm: Client = {
  name: 'AnythingLLM',
  source:
    '[TextToSpeech/](https://github.com/Mintplex-Labs/anything-llm/tree/master/server/utils/TextToSpeech)',
  calls: {
    // By the package `openai`, with a model and a voice of Kokoro.
    'speech (Kokoro)': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/audio/speech', {
          headers: { ...bearer(context), 'User-Agent': 'OpenAI/JS', 'X-Stainless-Lang': 'js' },
          body: { model: 'kokoro', voice: 'af_bella', input: 'AnythingLLM speaks.' },
        }),
      ),
  },
}

const n8n: Client = {
  name: 'n8n',
  source:
    '[OpenAi/v2/actions/audio](https://github.com/n8n-io/n8n/blob/master/packages/%40n8n/nodes-langchain/nodes/vendors/OpenAi/v2/actions/audio/generate.operation.ts)',
  calls: Object.fromEntries(
    (['mp3', 'aac', 'flac'] as const).map((response_format) => [
      `generate audio, ${response_format}`,
      async (context) =>
        audioOf(
          context,
          await post(context, '/v1/audio/speech', {
            headers: bearer(context),
            body: {
              model: 'tts-1',
              input: `n8n speaks ${response_format}.`,
              voice: 'onyx',
              response_format,
              speed: 1,
            },
          }),
        ),
    ]),
  ),
}

const other: Client = {
  name: 'any client',
  calls: {
    'base URL without /v1': async (context) =>
      audioOf(
        context,
        await post(context, '/audio/speech', {
          headers: bearer(context),
          body: { model: 'tts-1', voice: 'alloy', input: 'Spoken without a version.' },
        }),
      ),
    'wrong Bearer beside a right xi-api-key': async (context) =>
      audioOf(
        context,
        await post(context, '/v1/text-to-speech/George', {
          headers: { Authorization: 'Bearer of-a-gateway', ...xiKey(context) },
          body: { text: 'Spoken with two keys.' },
        }),
      ),
    'a stream, twice under one Idempotency-Key': async (context) => {
      const headers = { ...bearer(context), 'Idempotency-Key': 'a-key-of-a-stream' }
      const body = { model: 'tts-1', voice: 'alloy', input: 'Spoken once.' }
      const first = await post(context, '/v1/audio/speech', { headers, body })
      const audio = Buffer.from(await first.bytes())
      for (;;) {
        const again = await post(context, '/v1/audio/speech', { headers, body })
        // The first is being uploaded still.
        if (again.status === 409) continue
        return audio.equals(await again.bytes()) ? 'the same bytes, spoken once' : 'other bytes'
      }
    },
  },
}

export const replayed: Client[] = [openWebUi, homeAssistant, sillyTavern, libreChat, anythingLlm, n8n, other]

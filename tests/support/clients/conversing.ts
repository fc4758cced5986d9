import { once } from 'node:events'
import { WebSocket } from 'ws'
import { until } from '../until.ts'
import type { Client, ClientContext } from './client.ts'

// Clients of ElevenLabs' WebSockets: the messages that their sources send.

interface Conversation {
  path: string
  messages: object[]
  contextId?: string
}

/** Holds a conversation. Returns what the joined clip is that is kept of it. */
async function converse(
  context: ClientContext,
  { path, messages, contextId }: Conversation,
): Promise<string> {
  const { baseUrl, key, world } = context
  const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}/v1/text-to-speech/${path}`, {
    headers: { 'xi-api-key': key },
  })
  const answers: { audio?: string; isFinal?: boolean; contextId?: string; scriptId?: string }[] = []
  socket.on('message', (data) => answers.push(JSON.parse(String(data))))
  await once(socket, 'open')
  for (const message of messages) socket.send(JSON.stringify(message))
  await until('the final message', () => answers.at(-1)?.isFinal)
  socket.close()
  const own = answers.filter((answer) => answer.contextId === contextId)
  const bytes = own.reduce((sum, { audio }) => sum + Buffer.from(audio ?? '', 'base64').length, 0)
  const script = await until('the clip of the whole', async () => {
    const response = await world.service.fetch(`/api/scripts/${answers.at(-1)?.scriptId}`, {
      headers: { Authorization: `Bearer ${key}` },
    })
    const { data } = (await response.json()) as { data: { state: string; clip?: { cid?: string } } }
    return data.state === 'stored' && data
  })
  return bytes > 1000 && script.clip?.cid ? 'audio, then one clip, kept' : `${bytes} bytes, ${script.state}`
}

const LIVEKIT = 'https://github.com/livekit/agents-js/blob/main/plugins/elevenlabs/src/tts.ts'
const PIPECAT = 'https://github.com/pipecat-ai/pipecat/blob/main/src/pipecat/services/elevenlabs/tts.py'

const liveKit: Client = {
  name: 'LiveKit Agents (ElevenLabs)',
  source: `[plugins/elevenlabs/src/tts.ts](${LIVEKIT})`,
  calls: {
    'stream()': (context) =>
      converse(context, {
        path: 'George/multi-stream-input?model_id=eleven_turbo_v2_5&output_format=pcm_22050&enable_ssml_parsing=false&enable_logging=true&inactivity_timeout=180&apply_text_normalization=auto&sync_alignment=true&auto_mode=true',
        contextId: 'a1b2c3',
        messages: [
          { text: ' ', voice_settings: {}, context_id: 'a1b2c3' },
          { text: 'A first sentence of LiveKit. ', context_id: 'a1b2c3', flush: true },
          { text: 'And a second one. ', context_id: 'a1b2c3', flush: true },
          { text: '', context_id: 'a1b2c3', flush: true },
          { context_id: 'a1b2c3', close_context: true },
        ],
      }),
  },
}

const pipecat: Client = {
  name: 'Pipecat (ElevenLabs)',
  source: `[services/elevenlabs/tts.py](${PIPECAT})`,
  calls: {
    run_tts: (context) =>
      converse(context, {
        path: 'George/multi-stream-input?model_id=eleven_turbo_v2_5&output_format=pcm_24000&auto_mode=true',
        contextId: 'turn-1',
        messages: [
          { text: '' },
          { text: ' ', context_id: 'turn-1', voice_settings: { stability: 0.5, similarity_boost: 0.75 } },
          { text: 'Pipecat speaks. ', context_id: 'turn-1' },
          { context_id: 'turn-1', flush: true },
          { text: '', context_id: 'turn-1' },
          { context_id: 'turn-1', close_context: true },
        ],
      }),
  },
}

const plain: Client = {
  name: 'ElevenLabs’ guide to WebSockets',
  source:
    '[WebSocket](https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input)',
  calls: {
    'stream-input': (context) =>
      converse(context, {
        path: 'George/stream-input?model_id=eleven_flash_v2_5',
        messages: [
          {
            text: ' ',
            voice_settings: { stability: 0.5, similarity_boost: 0.8, use_speaker_boost: false },
            generation_config: { chunk_length_schedule: [120, 160, 250, 290] },
          },
          { text: 'The guide sends its texts ' },
          { text: 'bit by bit, ' },
          { text: 'and then nothing. ' },
          { text: '' },
        ],
      }),
  },
}

export const conversing: Client[] = [liveKit, pipecat, plain]

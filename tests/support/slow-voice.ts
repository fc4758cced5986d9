import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Environment } from './service.ts'

/** A voice in place of ElevenLabs that says what it is told, chunk by chunk, when it is told. */
export interface SlowVoice {
  environment: Environment
  /** The next text that somebody wants spoken. */
  nextCall(): Promise<SlowCall>
  close(): Promise<void>
}

export interface SlowCall {
  /** Writes audio. Returns when it has left, by `performance.now()`. */
  say(audio: Uint8Array): Promise<number>
  end(): void
  /** Breaks off in the middle. */
  breakOff(): void
}

export async function startSlowVoice(): Promise<SlowVoice> {
  const waiting: ((call: SlowCall) => void)[] = []
  const server = createServer((request, response) => {
    request.resume().once('end', () => waiting.shift()?.(callOn(response)))
  })
  server.listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    environment: { ELEVENLABS_API_KEY: 'slow-key', ELEVENLABS_BASE_URL: `http://127.0.0.1:${port}` },
    nextCall: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function callOn(response: ServerResponse): SlowCall {
  response.writeHead(200, { 'content-type': 'audio/mpeg' })
  response.socket?.setNoDelay(true)
  return {
    async say(audio) {
      const saidAt = performance.now()
      if (!response.write(audio)) await once(response, 'drain')
      return saidAt
    },
    end: () => response.end(),
    breakOff: () => response.destroy(),
  }
}

/** Asks for `text` to be spoken as a stream. Resolves with the head of the response. */
export async function askForStream(
  url: string,
  headers = {},
  text = 'A long story',
): Promise<IncomingMessage> {
  const call = request(url, { method: 'POST', headers })
  call.end(JSON.stringify({ text, voiceId: 'George' }))
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  return response
}

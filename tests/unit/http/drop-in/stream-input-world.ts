import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { systemClock } from '#lib/platform/clock.ts'
import { runDueScripts } from '#lib/scripts/start-due-scripts.ts'
import { createFront } from '#lib/server/front.ts'
import { startService } from '#lib/server/lifecycle.ts'
import type { FakeSpeech } from '../../../support/fake-speech.ts'
import { testServices } from '../../../support/services.ts'
import { until } from '../../../support/until.ts'
import { RecordingSpeech } from '../../scripts/script-world.ts'

/** A message of the service. */
export interface Answer {
  audio?: string | null
  isFinal?: boolean
  alignment?: { chars: string[]; charStartTimesMs: number[]; charDurationsMs: number[] } | null
  contextId?: string
  scriptId?: string
  error?: string
  message?: string
}

/** A client of `stream-input` that keeps all that it gets. */
export interface Client {
  readonly answers: Answer[]
  send(...messages: (object | string)[]): void
  /** Resolves with the code once the service has closed. */
  readonly closed: Promise<number>
  hangUp(): void
  /** The audio that came for a context. */
  audio(contextId?: string): Buffer
}

interface WorldOptions {
  speech?: RecordingSpeech
  environment?: Record<string, string>
}

/** The service behind its front, with a voice and providers in memory; real sockets and real time. */
export async function streamWorld({ speech = new RecordingSpeech(), environment = {} }: WorldOptions = {}) {
  const world = await testServices({
    speech: speech as FakeSpeech,
    clock: systemClock,
    // Nothing is done behind the scenes but what a test asks for.
    environment: { BACKGROUND: 'off', REUSE: 'off', ...environment },
  })
  const { services } = world
  const service = startService(services)
  const front = createFront({
    nextHandler: (_, response) => response.end(),
    routes: { find: () => undefined, isPage: () => true },
    service,
    ...{ trustedProxies: 0, graceMs: 1000, maxMessageBytes: 10_000 },
  })
  front.server.listen(0, '127.0.0.1')
  await once(front.server, 'listening')
  const { port } = front.server.address() as AddressInfo
  onTestFinished(() => front.stop())

  function connect(path: string, headers = {}): Client {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/text-to-speech/${path}`, { headers })
    const answers: Answer[] = []
    socket.on('message', (data) => answers.push(JSON.parse(String(data))))
    const opened = once(socket, 'open')
    opened.catch(() => {})
    return {
      answers,
      closed: new Promise((resolve, reject) => {
        socket.once('close', resolve)
        socket.once('error', reject)
      }),
      send: (...messages) =>
        void opened.then(() => {
          for (const message of messages) {
            socket.send(typeof message === 'string' ? message : JSON.stringify(message))
          }
        }),
      hangUp: () => socket.terminate(),
      audio: (contextId) =>
        Buffer.concat(
          answers
            .filter((answer) => answer.contextId === contextId)
            .map(({ audio }) => Buffer.from(audio ?? '', 'base64')),
        ),
    }
  }

  /** The clip of a whole conversation, once it is joined. */
  async function joined(scriptId: string | undefined) {
    await until('the script can be joined', async () => {
      await runDueScripts(services, { stop: new AbortController().signal })
      return (await services.catalog.scripts.find(scriptId ?? ''))?.state === 'joined'
    })
    const script = await services.catalog.scripts.find(scriptId ?? '')
    return { script, clip: await services.catalog.clips.find(script?.clipId ?? '') }
  }

  return { ...world, speech, service, front, connect, joined, port }
}

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { readBackDue } from '#lib/clips/audit.ts'
import { vocalize } from '#lib/clips/vocalize.ts'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { createChain } from '#lib/ipfs/chain/chain.ts'
import { createLocalSlots } from '#lib/ipfs/chain/slots.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { createLog } from '#lib/telemetry/log.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'
import type { TempAudioStore } from '#lib/temp-audio/store.ts'
import { putEmptyCatalog } from './empty-catalog.ts'
import { FakeProvider } from './fake-provider.ts'
import { FakeSpeech } from './fake-speech.ts'
import type { Life } from './mortal.ts'
import { createSimulatedClock, type SimulatedClock, visible } from './simulated-clock.ts'
import { temporaryDirectory } from './temporary-directory.ts'

interface Options<C extends Clock> {
  directory?: string
  clock?: C
  providers?: FakeProvider[]
  speech?: FakeSpeech
  environment?: Record<string, string>
  /** The process dies when this ends. */
  life?: Life
}

/** A line of the log, as JSON. */
export interface LogLine {
  level: string
  msg: string
  [field: string]: unknown
}

/**
 * The services on real files and a real catalog, under a simulated clock, with voices and providers in memory. With an
 * `S3_BUCKET` in the environment the audio is there; that takes the system's clock.
 * The bytes of the store are copied into memory before they are uploaded, for the clock to see when nothing goes on.
 */
export async function testServices<C extends Clock = SimulatedClock>(options: Options<C> = {}) {
  const directory = options.directory ?? (await temporaryDirectory())
  if (!options.directory) await putEmptyCatalog(directory)
  const clock = options.clock ?? (createSimulatedClock({ now: Date.now() }) as unknown as C)
  const providers = options.providers ?? [new FakeProvider('pinata'), new FakeProvider('kubo')]
  const speech = options.speech ?? new FakeSpeech()
  const config = readConfig({
    TEMP_AUDIO_DIR: directory,
    IPFS_REPOSITORY_DIR: path.join(directory, 'ipfs'),
    ...options.environment,
  })
  const lines: LogLine[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const audioDirectory = path.join(directory, 'audio')
  const base = createServices(config, {
    clock,
    speech,
    ...(!config.s3 && {
      store: inMemoryBlobs(createFilesystemStore({ directory: audioDirectory }), audioDirectory),
    }),
    log: createLog({ level: config.logLevel, scrub: (text) => text, destination }),
    fetchContent: async (_, cid, { gatewayUrl, signal }) => {
      const provider = providers.find((candidate) => candidate.gatewayUrl === gatewayUrl)
      if (!provider) throw new Error('There is no such gateway')
      await provider.deliver(cid, signal)
    },
  })
  const { life } = options
  const living = life ? life.providers(providers) : providers
  const chain = createChain({
    providers: living,
    retryDelaysMs: config.ipfs.retryDelaysMs,
    attemptTimeoutMs: config.ipfs.attemptTimeoutMs,
    maxRetryAfterMs: config.ipfs.uploadDeadlineMs,
    clock,
    scrub: base.scrub,
    slots: createLocalSlots({ limit: config.ipfs.uploadsPerProvider }),
  })
  const services: Services = { ...(life ? life.services(base) : base), chain, providers: living }
  onTestFinished(() => base.catalog.close())
  const [first, second] = providers as [FakeProvider, FakeProvider]
  /** Closes the files of a process that has died; its services are of no use any more. */
  const bury = () => base.catalog.close()
  return { services, clock, providers, first, second, speech, lines, directory, audioDirectory, bury }
}

export type TestServices = Awaited<ReturnType<typeof testServices<SimulatedClock>>>

/** Reads back what is due, as the timer does. */
export function readBack({ services, clock }: Pick<TestServices, 'services' | 'clock'>) {
  const { signal } = services.tasks
  return clock.until(readBackDue(services, { limit: Number.MAX_SAFE_INTEGER, signal }))
}

let texts = 0

function newText(): string {
  texts += 1
  return `Text ${texts}`
}

/** Has a new text spoken. */
export function speak(services: Services, text = newText(), { timestamps = false } = {}) {
  return vocalize(services, { text, voiceId: 'slt', timestamps }, { requestId: `request-${texts}` })
}

/** `count` clips that wait for IPFS, with nobody at work on them and nobody tried. */
export async function waitingClips(services: Services, count: number): Promise<string[]> {
  const nobody = { ...services.chain, canTry: () => false }
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) ids.push((await speak({ ...services, chain: nobody })).id)
  return ids
}

function inMemoryBlobs(store: TempAudioStore, directory: string): TempAudioStore {
  return {
    ...store,
    async blob(id) {
      const blob = await store.blob(id)
      return blob && new Blob([await readFile(path.join(directory, id))])
    },
    async put(...input) {
      const put = await store.put(...input)
      if (put.status === 'kept' || !put.rescued) return put
      return { ...put, rescued: new Blob([await visible(put.rescued.arrayBuffer())]) }
    },
  }
}

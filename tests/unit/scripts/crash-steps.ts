import { readdir } from 'node:fs/promises'
import { expect } from 'vitest'
import { readCaptions } from '#lib/clips/read-captions.ts'
import { recover } from '#lib/clips/recover.ts'
import type { Script } from '#lib/model/script.ts'
import { runDueScripts } from '#lib/scripts/start-due-scripts.ts'
import { FakeProvider } from '../../support/fake-provider.ts'
import { createLife, type Life } from '../../support/mortal.ts'
import { testServices } from '../../support/services.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'
import { RecordingSpeech, send, textOf } from './script-world.ts'

const RESTART_MS = 500

interface Place {
  directory?: string
  now?: number
  providers: FakeProvider[]
  life?: Life
}

async function worldIn({ directory, now = Date.now(), providers, life }: Place) {
  const speech = new RecordingSpeech()
  speech.hasTimestamps = true
  const world = await testServices({
    clock: createSimulatedClock({ now }),
    providers,
    speech,
    // What was spoken must not be found by its text alone.
    environment: { MAX_TEXT_LENGTH: '25', REUSE: 'off' },
    ...(directory && { directory }),
    ...(life && { life }),
  })
  return { ...world, speech }
}

/** Has a process die at `lastStep` of a script, and the next one go on. Returns whether it had that many steps. */
export async function dieInScript(lastStep: number, { pieces = 2 } = {}): Promise<boolean> {
  const providers = [new FakeProvider('pinata')]
  const first = await worldIn({ providers })
  const text = textOf(pieces)
  const script = await send(first, { turns: [{ text, voiceId: 'slt', timestamps: true }] })
  await first.bury()

  const life = createLife({ lastStep })
  const { directory } = first
  const dead = await worldIn({ directory, now: first.clock.now(), providers, life })
  const stop = new AbortController().signal
  const work = runDueScripts(dead.services, { stop }).then(() => 'lived' as const)
  const end = await dead.clock.until(Promise.race([work, life.ended]))
  await dead.bury()
  const durable = (await readdir(dead.audioDirectory).catch(() => [])).filter((name) => !name.includes('.'))

  const next = await worldIn({ directory, now: dead.clock.now() + RESTART_MS, providers })
  await next.clock.until(recover(next.services))
  await next.clock.until(runDueScripts(next.services, { stop }))
  try {
    await expectWhole(next, script, durable)
  } catch (error) {
    throw new Error(`Killed ${life.trace.at(-1)} (step ${lastStep})`, { cause: error })
  }
  await next.bury()
  return end === 'died'
}

async function expectWhole(
  { services, speech }: Awaited<ReturnType<typeof worldIn>>,
  { id, pieceCount }: Script,
  durable: string[],
) {
  const script = await services.catalog.scripts.find(id)
  expect(script).toMatchObject({ state: 'joined', spokenPieces: pieceCount, lastError: null })
  const { clipId } = script as Script
  const pieces = durable.filter((name) => name !== clipId)
  expect(pieces.length).toBeLessThanOrEqual(pieceCount)
  // What was durable is not paid for again.
  expect(speech.asked).toHaveLength(pieceCount - pieces.length)
  const joined = await services.catalog.clips.find(clipId ?? '')
  const spokenMs = (await services.catalog.scripts.piecesOf(id)).reduce(
    (sum, piece) => sum + (piece.durationMs ?? 0),
    0,
  )
  expect(Math.abs((joined?.durationMs ?? 0) - spokenMs)).toBeLessThan(50)
  expect((await services.catalog.totals()).heldClips).toBe(pieceCount + 1)
  expect((await readCaptions(services, clipId ?? '')).alignment.text).toBe(textOf(pieceCount))
}

import { expect } from 'vitest'
import { drainBacklog } from '#lib/background/drain-backlog.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import { cleanUp } from '#lib/clips/clean-up.ts'
import { fileDueCaptions } from '#lib/clips/file-captions.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import { captionsIdOf, type VocalizedClip } from '#lib/model/clip.ts'
import { disagreements } from '../../support/agreement.ts'
import { FakeProvider, refused } from '../../support/fake-provider.ts'
import { createLife, type Life } from '../../support/mortal.ts'
import { recoverAll } from '../../support/recover-all.ts'
import { speak, type TestServices, testServices } from '../../support/services.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

const HOUR_MS = 3_600_000
const RESTART_MS = 500
const signal = new AbortController().signal

/** What a process does until it dies. `answer` records what a caller was answered. */
type Story = (world: TestServices, answer: (clip: VocalizedClip) => void) => Promise<unknown>

export const stories = {
  'a text that is stored at once': async ({ services }, answer) => {
    answer(await speak(services))
  },

  'a text with captions': async ({ services, speech }, answer) => {
    speech.hasTimestamps = true
    answer(await speak(services, undefined, { timestamps: true }))
    await fileDueCaptions(services, { limit: 10 })
    await uploadPending(services, { limit: 10, trigger: 'timer', signal, dueOnly: true })
  },

  'a text whose first provider refuses it': async ({ services, first }, answer) => {
    first.always(refused())
    answer(await speak(services))
  },

  'a text for which the answer of the provider gets lost': async ({ services, first }, answer) => {
    first.next('lose_answer')
    answer(await speak(services))
  },

  'a text that no provider takes, and then a background round': async (
    { services, providers, clock },
    answer,
  ) => {
    for (const provider of providers) provider.always(refused())
    answer(await speak(services))
    for (const provider of providers) provider.always('store')
    await clock.sleep(5000)
    await uploadPending(services, { limit: 10, trigger: 'timer', signal, dueOnly: true })
  },

  'two texts at once, and then a background round': async ({ services, first }, answer) => {
    first.next('lose_answer', refused())
    const [one, two] = await Promise.all([speak(services), speak(services)])
    answer(one)
    answer(two)
    await drainBacklog(services)
  },

  'a text whose bytes are evicted for another': async ({ services, speech }, answer) => {
    speech.durationMs = 1000
    speech.chunkBytes = 4000
    answer(await speak(services, 'a'.repeat(20)))
    answer(await speak(services, 'b'.repeat(20)))
  },

  'a text that the catalog cannot record once it is spoken': async ({ services }, answer) => {
    const locked = () => Promise.reject(new CatalogError('The catalog failed: database is locked'))
    const clips = { ...services.catalog.clips, stage: locked, settle: locked }
    const catalog = { ...services.catalog, clips }
    answer(await speak({ ...services, catalog }))
  },

  'a text that becomes too large for the temporary store': async ({ services, speech }, answer) => {
    speech.durationMs = 2600
    speech.chunkBytes = 4000
    answer(await speak(services))
  },

  'a clean-up of a stored clip and of a pending one': async ({ services, providers, clock }, answer) => {
    answer(await speak(services))
    for (const provider of providers) provider.always(refused())
    answer(await speak(services))
    for (const provider of providers) provider.always('store')
    await clock.sleep(HOUR_MS)
    await cleanUp(services, { signal })
  },
} satisfies Record<string, Story>

const environment = { IPFS_RETRY_DELAYS_MS: '100', TEMP_AUDIO_MAX_BYTES: '20000' }

/** Runs `story` until `life` ends. Returns what callers were answered, and how it ended. */
async function live(story: Story, life: Life, providers: FakeProvider[], directory?: string) {
  const clock = createSimulatedClock({ now: Date.now() })
  const world = await testServices({ clock, providers, life, environment, ...(directory && { directory }) })
  world.speech.beforeChunk = (sizeBytes) => life.moment(`byte ${sizeBytes}`)
  const answers: VocalizedClip[] = []
  const told = story(world, (clip) => answers.push(clip)).then(() => 'lived' as const)
  const end = await world.clock.until(Promise.race([told, life.ended]))
  await world.bury()
  return { ...world, answers, end }
}

/** The next process on the same directory, and everything it does by itself. */
async function revive(directory: string, now: number, providers: FakeProvider[], life?: Life) {
  const clock = createSimulatedClock({ now: now + RESTART_MS })
  for (const provider of providers) provider.always('store', 'answer')
  const world = await testServices({ clock, directory, providers, environment, ...(life && { life }) })
  const work = async () => {
    await recoverAll(world.services)
    await drainBacklog(world.services)
    return 'lived' as const
  }
  const end = await clock.until(Promise.race([work(), ...(life ? [life.ended] : [])]))
  return { ...world, end }
}

async function expectNothingLost({ services, directory, providers }: TestServices, answers: VocalizedClip[]) {
  for (const { id, cid, state } of answers) {
    expect(providers.some(({ taken }) => taken.has(cid))).toBe(true)
    // Whoever has the permanent URL needs no record.
    const isRecorded = (await services.catalog.clips.find(id)) !== null
    if (state !== 'stored') expect(isRecorded).toBe(true)
    if (isRecorded) expect((await openClip(services, id)).clip).toMatchObject({ cid, state: 'stored' })
  }
  expect(providers.map(({ doubles }) => doubles)).toEqual(providers.map(() => 0))
  expect(await disagreements(directory)).toEqual([])
  expect(await services.catalog.totals()).toMatchObject({ waitingClips: 0 })
  expect(await services.catalog.queue.owners()).toEqual([])
}

/** Every clip has its captions, and once they are made files, providers have them. */
async function expectCaptions({ services, clock, providers }: TestServices) {
  await fileDueCaptions(services, { limit: 10 })
  await clock.until(drainBacklog(services))
  const { clips } = await services.catalog.clipList.page({ list: 'stored', limit: 10 })
  for (const { id, captionsCid } of clips) {
    expect(await services.catalog.captions.find(id)).toMatchObject({ cid: captionsCid })
    expect(providers.some(({ taken }) => taken.has(captionsCid ?? ''))).toBe(true)
    expect(await services.catalog.clips.find(captionsIdOf(id))).toMatchObject({ state: 'stored' })
  }
  expect(providers.map(({ doubles }) => doubles)).toEqual(providers.map(() => 0))
}

/** Has the service die at each step of `story` in turn. @returns how many steps there are */
export async function dieAtEveryStep(story: Story): Promise<number> {
  for (let lastStep = 1; ; lastStep += 1) {
    const life = createLife({ lastStep })
    const providers = [new FakeProvider('pinata'), new FakeProvider('kubo')]
    const dead = await live(story, life, providers)
    const next = await revive(dead.directory, dead.clock.now(), providers)
    await expectSurvived(life, lastStep, async () => {
      if (dead.speech.hasTimestamps) await expectCaptions(next)
      await expectNothingLost(next, dead.answers)
    })
    await next.bury()
    if (dead.end === 'lived') return lastStep - 1
  }
}

/**
 * Has a process die that leaves two clips, one staged with its upload under way, one spoken to the end and not yet
 * recorded; then the next one at `lastStep` of its recovery. @returns whether it had that many steps
 */
export async function dieWhileRecovering(lastStep: number): Promise<boolean> {
  const providers = [new FakeProvider('pinata'), new FakeProvider('kubo')]
  providers[0]?.next('lose_answer').always('hang_after_storing')
  const leaveTwo: Story = async ({ services }, answer) => {
    const catalog = { ...services.catalog, clips: { ...services.catalog.clips } }
    catalog.clips.stage = () => new Promise(() => {})
    void speak({ ...services, catalog })
    answer(await speak(services))
  }
  const dead = await live(leaveTwo, createLife(), providers)
  const life = createLife({ lastStep })
  const killed = await revive(dead.directory, dead.clock.now(), providers, life)
  await killed.bury()
  const next = await revive(dead.directory, killed.clock.now(), providers)
  await expectSurvived(life, lastStep, async () => {
    await expectNothingLost(next, dead.answers)
    expect(await next.services.catalog.totals()).toMatchObject({ heldClips: 2 })
  })
  await next.bury()
  return killed.end !== 'lived'
}

async function expectSurvived({ trace }: Life, lastStep: number, check: () => Promise<void>) {
  try {
    await check()
  } catch (error) {
    throw new Error(`Killed ${trace.at(-1)} (step ${lastStep})`, { cause: error })
  }
}

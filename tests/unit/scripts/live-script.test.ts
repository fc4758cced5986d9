import { describe, expect, it } from 'vitest'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { createLiveScript } from '#lib/scripts/live-script.ts'
import { mortalServices } from './live-script-world.ts'
import { type ScriptWorld, scriptWorld, work } from './script-world.ts'

const caller = { requestId: 'request', caller: 'address:127.0.0.1', reuseScope: undefined }
const begin = ({ services }: ScriptWorld) => createLiveScript(services, { voiceId: 'slt' }, caller)

async function sayAll(world: ScriptWorld, script: ReturnType<typeof begin>, ...texts: string[]) {
  for (const text of texts) {
    const { audio, spoken } = await script.say(text)
    await world.clock.until(Array.fromAsync(audio))
    await world.clock.until(spoken)
  }
}

const jointOf = async ({ services }: ScriptWorld, id: string) => {
  const script = await services.catalog.scripts.find(id)
  return { script, clip: await services.catalog.clips.find(script?.clipId ?? '') }
}

describe('a script whose text comes while it is spoken', () => {
  it('becomes one clip once no more comes, and is nobody else’s before', async () => {
    const world = await scriptWorld()
    const script = begin(world)
    await sayAll(world, script, 'The first.', 'The second.')
    await work(world)
    expect((await jointOf(world, script.id)).script).toMatchObject({ state: 'speaking', spokenPieces: 2 })
    await world.clock.until(script.end())
    await work(world)
    const { script: joined, clip } = await jointOf(world, script.id)
    expect(joined).toMatchObject({ state: 'joined', characters: 21 })
    expect(clip).toMatchObject({ characters: 21 })
    expect(world.speech.texts).toEqual(['The first.', 'The second.'])
  })

  it('is not recorded where nothing is said', async () => {
    const world = await scriptWorld()
    const script = begin(world)
    await script.end()
    expect(await world.services.catalog.scripts.find(script.id)).toBeNull()
  })

  it('goes on without a piece that fails, whose characters are given back, and fails where nothing is left', async () => {
    const world = await scriptWorld({ environment: { CHARACTERS_PER_DAY: '30' } })
    const script = begin(world)
    world.speech.onSpeak = () => {
      throw new ServiceError('speech_unavailable', 'It failed')
    }
    await expect(script.say('This one fails.')).rejects.toThrow('It failed')
    expect((await jointOf(world, script.id)).script).toMatchObject({ pieceCount: 0, characters: 0 })
    const spent = () => world.services.catalog.budgets.spent({ day: dayOf(world), caller: caller.caller })
    expect(await spent()).toBe(0)
    await script.end()
    expect((await jointOf(world, script.id)).script).toMatchObject({ state: 'failed' })
  })

  it('ends with its budget, before a voice is asked', async () => {
    const world = await scriptWorld({ environment: { CHARACTERS_PER_DAY: '12' } })
    const script = begin(world)
    await sayAll(world, script, 'The first.')
    await expect(script.say('The second.')).rejects.toMatchObject({ code: 'character_budget_exceeded' })
    expect(world.speech.texts).toEqual(['The first.'])
  })

  it('takes no more text than a script may have', async () => {
    const world = await scriptWorld({ environment: { MAX_SCRIPT_LENGTH: '25' } })
    const script = begin(world)
    await sayAll(world, script, 'The first.')
    await expect(script.say('The second, which is longer.')).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  it('is joined after a crash by who comes next, and nothing is spoken twice', async () => {
    const world = await scriptWorld()
    const dead = mortalServices(world)
    const script = createLiveScript(dead, { voiceId: 'slt' }, caller)
    await sayAll(world, script, 'The first.', 'The second.')
    // The process is gone: nobody ends the script, and nobody renews its lease.
    dead.inFlight.heartbeat.stop?.abort()
    await world.clock.advance(LIVE_LEASE_MS + 1)
    await work(world)
    const { script: joined, clip } = await jointOf(world, script.id)
    expect(joined).toMatchObject({ state: 'joined', spokenPieces: 2 })
    expect(clip?.cid).toBeTruthy()
    expect(world.speech.texts).toEqual(['The first.', 'The second.'])
  })
})

const dayOf = ({ clock }: ScriptWorld) => new Date(clock.now()).toISOString().slice(0, 10)

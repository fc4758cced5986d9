import { describe, expect, it } from 'vitest'
import { eraseDueClips } from '#lib/background/tasks.ts'
import { cleanUp } from '#lib/clips/clean-up.ts'
import { deleteClip } from '#lib/clips/delete-clip.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { putFile } from '#lib/ipfs/blocks/fetch-content.ts'
import type { Clip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { DAY_MS, HOUR_MS } from '#lib/platform/units.ts'
import { cancelScript } from '#lib/scripts/cancel-script.ts'
import { runDueScripts, startDueScripts } from '#lib/scripts/start-due-scripts.ts'
import { unavailable } from '../../support/fake-provider.ts'
import { RecordingSpeech, scriptWorld, send, sentences, stateOf, textOf, work } from './script-world.ts'

const quota = () => new ServiceError('speech_quota_exceeded', 'The quota is used up')

describe('a script', () => {
  it('is spoken sentence by sentence, each as a clip, and joined to one clip that lasts as long as all', async () => {
    const world = await scriptWorld()
    const { services, speech } = world
    const script = await send(world, textOf(4))
    await work(world)
    const now = await stateOf(world, script)
    expect(now).toMatchObject({ state: 'joined', spokenPieces: 4, pieceCount: 4, lastError: null })
    expect(speech.texts.toSorted()).toEqual(sentences(4))
    const joined = (await services.catalog.clips.find(now.clipId ?? '')) as Clip
    expect(joined).toMatchObject({ state: 'stored', characters: now.characters, mimeType: 'audio/mpeg' })
    const pieces = await services.catalog.scripts.piecesOf(script.id)
    const sumMs = pieces.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0)
    expect(Math.abs((joined.durationMs ?? 0) - sumMs)).toBeLessThan(50)
    const clips = await Promise.all(pieces.map(({ clipId }) => services.catalog.clips.find(clipId ?? '')))
    expect(clips.every((clip) => clip?.state === 'stored')).toBe(true)
    // What was spoken counts once, though its clips and the joined one have the same characters.
    const { characters_spoken: spoken } = await services.catalog.counters.read()
    expect(spoken).toEqual({ '': script.characters })
  })

  it('of turns has each spoken by its voice, in their order, and never a piece of two', async () => {
    const world = await scriptWorld()
    const turns = [
      { text: 'Knock, knock.', voiceId: 'slt' },
      { text: 'Who is there? A friend of yours.', voiceId: 'rms', seed: 7 },
    ]
    const script = await send(world, { turns })
    await work(world)
    const asked = world.speech.asked.map(({ text, voiceId, seed }) => ({ text, voiceId, seed }))
    expect(asked).toHaveLength(3)
    expect(asked).toContainEqual({ text: 'Knock, knock.', voiceId: 'slt' })
    expect(asked).toContainEqual({ text: 'Who is there?', voiceId: 'rms', seed: 7 })
    expect(asked).toContainEqual({ text: 'A friend of yours.', voiceId: 'rms', seed: 7 })
    expect(await world.services.catalog.scripts.piecesOf(script.id)).toMatchObject([
      { turn: 0, textStart: 0, textLength: 13 },
      { turn: 1, textStart: 0, textLength: 13 },
      { turn: 1, textStart: 14, textLength: 18 },
    ])
  })

  it.each([
    ['eleven_multilingual_v2', true],
    ['eleven_v3', false],
  ])('is spoken by %s with what stands around each piece: %j', async (modelId, isKnown) => {
    const world = await scriptWorld({}, new RecordingSpeech({ takesContext: true }))
    const [one, two, three] = sentences(3)
    const turn = { text: textOf(3), voiceId: 'slt', modelId, previousText: 'Before.', nextText: 'After.' }
    await send(world, { turns: [turn] })
    await work(world)
    const asked = world.speech.asked.toSorted((a, b) => a.text.localeCompare(b.text))
    expect(
      asked.map(({ text, previousText, nextText }) => [previousText?.trim(), text, nextText?.trim()]),
    ).toEqual([
      ['Before.', one, isKnown ? `${two} ${three}` : undefined],
      [isKnown ? one : undefined, two, isKnown ? three : undefined],
      [isKnown ? `${one} ${two}` : undefined, three, 'After.'],
    ])
  })

  it('is not paid for again while its quota is used up, and goes on once it is there', async () => {
    const world = await scriptWorld()
    const { clock, speech } = world
    speech.onSpeak = () => {
      if (speech.asked.length > 2) throw quota()
    }
    const script = await send(world, textOf(4))
    await work(world)
    const waiting = await stateOf(world, script)
    expect(waiting).toMatchObject({ state: 'speaking', spokenPieces: 2, errorCode: 'speech_quota_exceeded' })
    expect(waiting.lastError).toMatch(/^Piece \d: The quota is used up$/)
    for (let round = 0; round < 2; round += 1) {
      await clock.advance((await stateOf(world, script)).nextAttemptAt - clock.now())
      await work(world)
    }
    expect((await stateOf(world, script)).failedRounds).toBe(3)
    const before = new Set(speech.texts.slice(0, 2))
    speech.onSpeak = () => {}
    const from = speech.asked.length
    await clock.advance(HOUR_MS)
    await work(world)
    expect(await stateOf(world, script)).toMatchObject({ state: 'joined', failedRounds: 0, errorCode: null })
    expect(speech.texts.slice(from).toSorted()).toEqual(sentences(4).filter((text) => !before.has(text)))
  })

  it('fails at once by what will never be better, with the number of the piece', async () => {
    const world = await scriptWorld()
    world.speech.onSpeak = (text) => {
      if (text.includes('003')) throw new ServiceError('voice_not_found', 'There is no such voice')
    }
    const script = await send(world, textOf(4))
    await work(world)
    expect(await stateOf(world, script)).toMatchObject({
      state: 'failed',
      errorCode: 'voice_not_found',
      lastError: 'Piece 3: There is no such voice',
    })
  })

  it('fails after as many losses at one piece as can be borne, with waits in between', async () => {
    const world = await scriptWorld()
    world.speech.speaking = new ServiceError('speech_timeout', 'No answer in time')
    const script = await send(world, textOf(1))
    const startedAt = world.clock.now()
    for (;;) {
      await work(world)
      const now = await stateOf(world, script)
      if (now.state !== 'speaking') break
      await world.clock.advance(now.nextAttemptAt - world.clock.now())
    }
    expect(world.speech.asked).toHaveLength(15)
    expect(world.clock.now() - startedAt).toBeGreaterThan(HOUR_MS)
  })

  it('goes on without a turn that says nothing, which is not paid for', async () => {
    const world = await scriptWorld()
    world.speech.onSpeak = (text) => {
      if (text === '…') throw new ServiceError('invalid_request', 'There is nothing in it to say')
    }
    const turns = ['Well?', '…', 'Say it.'].map((text) => ({ text, voiceId: 'slt', timestamps: true }))
    const script = await send(world, { turns })
    await work(world)
    const now = await stateOf(world, script)
    expect(now).toMatchObject({ state: 'joined', spokenPieces: 3, lastError: null })
    const joined = (await world.services.catalog.clips.find(now.clipId ?? '')) as Clip
    const pieces = await world.services.catalog.scripts.piecesOf(script.id)
    expect(pieces[1]).toMatchObject({ clipId: null, isSpoken: true, durationMs: 0 })
    const sumMs = pieces.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0)
    expect(Math.abs((joined.durationMs ?? 0) - sumMs)).toBeLessThan(50)
  })

  it('fails at once where nothing in it can be said, and where a word cannot', async () => {
    const world = await scriptWorld()
    world.speech.speaking = new ServiceError('invalid_request', 'There is nothing in it to say')
    const silent = await send(world, '… … …')
    const foreign = await send(world, 'Ωμέγα')
    await work(world)
    for (const script of [silent, foreign])
      expect(await stateOf(world, script)).toMatchObject({ state: 'failed', errorCode: 'invalid_request' })
    expect((await stateOf(world, silent)).lastError).toBe('Nothing in the text can be said')
  })

  it('is given up after a week', async () => {
    const world = await scriptWorld()
    world.speech.speaking = quota()
    const script = await send(world, textOf(1))
    await work(world)
    const asked = world.speech.asked.length
    await world.clock.advance(7 * DAY_MS)
    world.speech.speaking = 'speak'
    await work(world)
    expect(await stateOf(world, script)).toMatchObject({
      state: 'failed',
      errorCode: 'speech_quota_exceeded',
    })
    expect(world.speech.asked).toHaveLength(asked)
  })

  it('keeps its text until it has ended, and no longer', async () => {
    const world = await scriptWorld()
    const { catalog } = world.services
    const now = world.clock.now()
    const script = await send(world, textOf(2))
    const lease = { owner: 'other', expiresAt: now + 10 }
    expect((await catalog.scripts.claim({ now, lease }))?.request).toContain('sentence 002')
    await world.clock.advance(11)
    await work(world)
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(`${world.directory}/catalog.sqlite`, {
      readOnly: true,
      timeout: 10_000,
    })
    expect(database.prepare('select request from scripts where id = ?').get(script.id)).toEqual({
      request: null,
    })
    database.close()
    expect(JSON.stringify(world.lines)).not.toContain('sentence 00')
  })

  it('reuses clips that exist, and leaves what it has spoken to others', async () => {
    const world = await scriptWorld()
    const { clock, services, speech } = world
    const request = { text: sentences(2)[1] as string, voiceId: 'slt' }
    await clock.until(vocalizeOnce(services, request, { requestId: 'single' }))
    const script = await send(world, textOf(3))
    await work(world)
    expect(speech.asked).toHaveLength(3)
    const pieces = await services.catalog.scripts.piecesOf(script.id)
    expect(pieces.map(({ isReused }) => isReused)).toEqual([false, true, false])
    await send(world, textOf(3))
    await work(world)
    expect(speech.asked).toHaveLength(3)
  })

  it('that is cancelled has nothing more spoken, keeps its pieces as clips, and stays cancelled', async () => {
    const world = await scriptWorld()
    const { services, speech } = world
    const script = await send(world, textOf(12))
    speech.onSpeak = async () => {
      if (speech.asked.length === 6) await cancelScript(services, script)
    }
    await work(world)
    const now = await stateOf(world, script)
    expect(now).toMatchObject({ state: 'cancelled', clipId: null })
    expect(speech.asked.length).toBeLessThan(11)
    expect(now.spokenPieces).toBe(speech.asked.length)
    await cancelScript(services, script)
    await world.clock.advance(HOUR_MS)
    await work(world)
    expect(speech.asked.length).toBe(now.spokenPieces)
  })
})

describe('the pieces of a script that wait for a slot', () => {
  /** A script none of whose pieces has had its turn. */
  async function waiting() {
    const world = await scriptWorld()
    const slot = Promise.withResolvers<void>()
    const allWait = Promise.withResolvers<void>()
    let waitingPieces = 0
    world.speech.waitForSlot = () => {
      waitingPieces += 1
      if (waitingPieces === 3) allWait.resolve()
      return slot.promise
    }
    const script = await send(world, textOf(3))
    const stop = new AbortController()
    const working = runDueScripts(world.services, { stop: stop.signal })
    await allWait.promise
    const giveSlots = () => {
      slot.resolve()
      return world.clock.until(working)
    }
    return { ...world, script, stop, giveSlots }
  }

  it('are not begun once it is cancelled, and cost nothing', async () => {
    const world = await waiting()
    await cancelScript(world.services, world.script)
    await world.giveSlots()
    expect(world.speech.asked).toEqual([])
    expect(await world.services.catalog.scripts.piecesOf(world.script.id)).toMatchObject([
      { clipId: null },
      { clipId: null },
      { clipId: null },
    ])
  })

  it('are not begun once the service stops, and are spoken by the next one', async () => {
    const world = await waiting()
    world.stop.abort()
    await world.giveSlots()
    expect(world.speech.asked).toEqual([])
    expect(await stateOf(world, world.script)).toMatchObject({ state: 'speaking', failedRounds: 0 })
    await work(world)
    expect(await stateOf(world, world.script)).toMatchObject({ state: 'joined' })
    expect(world.speech.asked).toHaveLength(3)
  })
})

describe('the clips of a script that waits', () => {
  it('outlive their time while IPFS is away, and are joined afterwards', async () => {
    const world = await scriptWorld()
    const { clock, providers, services, speech } = world
    for (const provider of providers) provider.always(unavailable())
    speech.onSpeak = (text) => {
      if (text.includes('005')) throw quota()
    }
    const script = await send(world, textOf(5))
    await work(world)
    const { signal } = services.tasks
    for (let hour = 0; hour < 3; hour += 1) {
      await clock.advance(HOUR_MS / 2)
      await clock.until(cleanUp(services, { signal }))
    }
    expect((await services.catalog.totals()).waitingClips).toBe(4)
    speech.onSpeak = () => {}
    await work(world)
    const { state, clipId } = await stateOf(world, script)
    expect(state).toBe('joined')
    // From now on they are clips like all others.
    for (let hour = 0; hour < 3; hour += 1) {
      await clock.advance(HOUR_MS)
      await clock.until(cleanUp(services, { signal }))
    }
    expect(await services.catalog.clips.find(clipId ?? '')).toMatchObject({ state: 'expired' })
    expect((await services.catalog.totals()).waitingClips).toBe(0)
  })

  it('are taken from where IPFS has them, once their bytes are not in the temporary store any more', async () => {
    const world = await scriptWorld()
    const { clock, services, speech } = world
    speech.onSpeak = (text) => {
      if (text.includes('003')) throw quota()
    }
    const script = await send(world, textOf(3))
    await work(world)
    for (const { clipId } of (await services.catalog.scripts.piecesOf(script.id)).slice(0, 2)) {
      const clip = (await services.catalog.clips.find(clipId ?? '')) as Clip
      const audio = (await services.store.blob(clip.id)) as Blob
      await putFile(services.blockCache, clip.cid ?? '', audio, { signal: services.tasks.signal })
      await services.store.delete(clip.id)
      await services.catalog.clips.markBytesDeleted(clip.id)
    }
    speech.onSpeak = () => {}
    await clock.advance(HOUR_MS)
    await work(world)
    expect(await stateOf(world, script)).toMatchObject({ state: 'joined', lastError: null })
  })
})

describe('a piece whose bytes are nowhere any more', () => {
  it('is spoken again, and nothing else is', async () => {
    const world = await scriptWorld()
    const { clock, providers, services, speech } = world
    for (const provider of providers) provider.always(unavailable())
    speech.onSpeak = (text) => {
      if (text.includes('003')) throw quota()
    }
    const script = await send(world, textOf(3))
    await work(world)
    const [lost] = await services.catalog.scripts.piecesOf(script.id)
    await services.store.delete(lost?.clipId ?? '')
    speech.onSpeak = () => {}
    const from = speech.asked.length
    await clock.advance(HOUR_MS)
    await work(world)
    const waiting = await stateOf(world, script)
    expect(waiting).toMatchObject({ state: 'speaking', spokenPieces: 2 })
    expect(waiting.lastError).toBe('Piece 1: Its audio was lost before the pieces were joined')
    await clock.advance(waiting.nextAttemptAt - clock.now())
    await work(world)
    expect(await stateOf(world, script)).toMatchObject({ state: 'joined', lastError: null })
    expect(speech.texts.slice(from).toSorted()).toEqual([sentences(3)[0], sentences(3)[2]])
  })

  it('ends the script once that has happened too often', async () => {
    const world = await scriptWorld()
    const { clock, providers, services } = world
    for (const provider of providers) provider.always(unavailable())
    const { blob } = services.store
    services.store.blob = async (id) => ((await services.catalog.clips.find(id))?.cid ? null : blob(id))
    const script = await send(world, textOf(1))
    for (;;) {
      await work(world)
      const now = await stateOf(world, script)
      if (now.state !== 'speaking') break
      await clock.advance(now.nextAttemptAt - clock.now())
    }
    expect(await stateOf(world, script)).toMatchObject({ state: 'failed', errorCode: 'storage_unavailable' })
    expect(world.speech.asked).toHaveLength(15)
  })
})

describe('several scripts', () => {
  it('of several callers have their turns by caller, however many one has sent', async () => {
    const world = await scriptWorld()
    const { catalog } = world.services
    const from = (caller: string) => send(world, textOf(1), { caller })
    const sent = [await from('key:a'), await from('key:a'), await from('key:a'), await from('key:b')]
    const claimed: (string | undefined)[] = []
    for (const owner of ['p', 'q', 'r', 's']) {
      const now = world.clock.now()
      claimed.push((await catalog.scripts.claim({ now, lease: { owner, expiresAt: now + 1000 } }))?.caller)
    }
    expect(sent).toHaveLength(4)
    expect(claimed).toEqual(['key:a', 'key:b', 'key:a', 'key:a'])
  })

  it('have their turns one after the other', async () => {
    const world = await scriptWorld()
    const { clock, services } = world
    const scripts = await Promise.all([send(world, textOf(22)), send(world, textOf(3))])
    await clock.until(startDueScripts(services))
    await clock.until(Promise.all(services.inFlight.scripts.values()))
    expect(await stateOf(world, scripts[0])).toMatchObject({ state: 'speaking', spokenPieces: 20 })
    expect(await stateOf(world, scripts[1])).toMatchObject({ state: 'joined' })
  })
})

describe('the notes about a script', () => {
  it('are those of its joined clip, which belongs to the key that sent it, as the pieces do', async () => {
    const world = await scriptWorld()
    const { catalog } = world.services
    const turns = [{ text: textOf(2), voiceId: 'slt' }]
    const notes = { label: 'episode', metadata: { number: 12 } }
    const script = await send(world, { turns, ...notes }, { caller: 'key:a' })
    await work(world)
    const { clipId } = await stateOf(world, script)
    const joined = (await catalog.clips.find(clipId ?? '')) as Clip
    expect(joined).toMatchObject({ ...notes, madeBy: expect.stringMatching(/^[0-9a-f]{64}$/) })
    for (const piece of await catalog.scripts.piecesOf(script.id)) {
      const { madeBy, label } = (await catalog.clips.find(piece.clipId ?? '')) as Clip
      expect({ madeBy, label }).toEqual({ madeBy: joined.madeBy, label: null })
    }
    const nobodys = await send(world, textOf(1), { caller: 'address:127.0.0.1' })
    await work(world)
    const { clipId: id } = await stateOf(world, nobodys)
    expect((await catalog.clips.find(id ?? ''))?.madeBy).toBeNull()
  })

  it('go with the joined clip, and the pieces with it, each as often as it was made for this alone', async () => {
    const world = await scriptWorld()
    const { clock, services, first } = world
    const script = await send(world, { turns: [{ text: textOf(3), voiceId: 'slt' }], label: 'episode' })
    const other = await send(world, sentences(3).slice(0, 1).join(' '))
    await work(world)
    const { clipId } = await stateOf(world, script)
    await clock.until(deleteClip(services, clipId ?? '', 'operator'))
    await clock.until(eraseDueClips(services))
    const states = await Promise.all(
      (await services.catalog.scripts.piecesOf(script.id)).map(
        async (piece) => (await services.catalog.clips.find(piece.clipId ?? ''))?.state,
      ),
    )
    // The first piece is another script's as well.
    expect(states).toEqual(['stored', 'deleted', 'deleted'])
    expect((await stateOf(world, script)).label).toBeNull()
    const left = await services.catalog.clips.find((await stateOf(world, other)).clipId ?? '')
    expect(left).toMatchObject({ state: 'stored' })
    expect(first.taken.size).toBeGreaterThan(0)
  })

  it('stop no script: a clip that it needs is deleted once it is cancelled', async () => {
    const world = await scriptWorld()
    const { clock, services, speech } = world
    speech.onSpeak = (text) => {
      if (text.includes('002')) throw quota()
    }
    const script = await send(world, textOf(2))
    await work(world)
    const [piece] = await services.catalog.scripts.piecesOf(script.id)
    const remove = () => clock.until(deleteClip(services, piece?.clipId ?? '', 'operator'))
    await expect(remove()).rejects.toMatchObject({ code: 'clip_in_use' })
    await cancelScript(services, script)
    expect((await remove()).clip.state).toBe('deleted')
  })
})

import { describe, expect, it } from 'vitest'
import { asCaptionsJson } from '#lib/captions/json.ts'
import { readCaptions } from '#lib/clips/read-captions.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import type { Clip } from '#lib/model/clip.ts'
import type { NewScriptRequest } from '#lib/scripts/create-script.ts'
import { type ScriptWorld, scriptWorld, send, stateOf, textOf, work } from './script-world.ts'

const timestamps = true
const voiceId = 'slt'

async function timedWorld({ hasTimestamps = true } = {}) {
  const world = await scriptWorld()
  world.speech.hasTimestamps = hasTimestamps
  return world
}

/** The joined clip of a script of these turns. */
async function join(world: ScriptWorld, turns: NewScriptRequest['turns']): Promise<Clip> {
  const script = await send(world, { turns })
  await work(world)
  const { state, clipId } = await stateOf(world, script)
  expect(state).toBe('joined')
  return (await world.services.catalog.clips.find(clipId ?? '')) as Clip
}

const captionsOf = async ({ services }: ScriptWorld, { id }: Clip) =>
  asCaptionsJson((await readCaptions(services, id)).alignment)

describe('a script that is asked for with timestamps', () => {
  it('has captions of the whole, whose times do not drift over 60 pieces', async () => {
    const world = await timedWorld()
    // Its frames are 731.43 ms long: rounded for each piece, the last one would be 25 ms too early.
    world.speech.durationMs = 731
    // All pieces but the first one are reused, which is quick.
    const text = Array(60).fill('Four words each time.').join(' ')
    const joined = await join(world, [{ text, voiceId, timestamps }])
    const captions = await captionsOf(world, joined)
    expect(captions.text).toBe(text)
    expect(captions.words.map((word) => word.text)).toEqual(text.split(' '))
    // Four words a sentence, the first at its beginning.
    for (let piece = 0; piece < 60; piece += 1) {
      const startMs = ((joined.durationMs ?? 0) * piece) / 60
      expect(Math.abs((captions.words[4 * piece]?.startMs ?? 0) - startMs)).toBeLessThan(2)
    }
    expect(joined.speech?.warnings).toBeUndefined()
  })

  it('of turns has a paragraph for each, and the blanks of the text between its pieces', async () => {
    const world = await timedWorld()
    const joined = await join(world, [
      { text: 'Knock, knock.', voiceId, timestamps },
      { text: 'Who is there?\n\nA friend of yours.', voiceId: 'rms', timestamps },
    ])
    const { text, words } = await captionsOf(world, joined)
    expect(text).toBe('Knock, knock.\n\nWho is there?\n\nA friend of yours.')
    expect(words.map((word) => word.text)).toEqual(text.split(/\s+/))
  })

  it('has the words where they stand though a piece that is reused spells them in another form', async () => {
    const world = await timedWorld()
    const { clock, services } = world
    const request = { text: 'Deja vu at the cafe\u0301.', voiceId, timestamps }
    await clock.until(vocalizeOnce(services, request, { requestId: 'single' }))
    const text = 'Deja vu at the caf\u00e9. And again.'
    const joined = await join(world, [{ text, voiceId, timestamps }])
    expect(world.speech.asked).toHaveLength(2)
    const { words } = await captionsOf(world, joined)
    expect(words.map((word) => word.text.normalize('NFC'))).toEqual(text.split(' '))
  })

  it('has none, and says so once, where the voice has no times', async () => {
    const world = await timedWorld({ hasTimestamps: false })
    const joined = await join(world, [{ text: textOf(3), voiceId, timestamps }])
    expect(joined.captionsCid).toBeNull()
    expect(joined.speech?.warnings).toEqual([expect.stringContaining('no captions')])
  })

  it('has none, and says so, where the voice gave no times for one piece', async () => {
    const world = await timedWorld()
    world.speech.onSpeak = (text) => {
      world.speech.hasTimestamps = !text.includes('002')
    }
    const joined = await join(world, [{ text: textOf(3), voiceId, timestamps }])
    expect(joined.captionsCid).toBeNull()
    expect(joined.speech?.warnings).toEqual([expect.stringContaining('no captions')])
  })
})

it('a script that is not asked for with timestamps keeps no text', async () => {
  const world = await timedWorld()
  const joined = await join(world, [{ text: textOf(2), voiceId }])
  expect(joined).toMatchObject({ captionsCid: null, speech: { spokenBy: { voiceId } } })
  expect(joined.speech?.warnings).toBeUndefined()
})

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ReadableStream } from 'node:stream/web'
import { expect, it } from 'vitest'
import type { Clip } from '#lib/model/clip.ts'
import { judge, signingEnvironment, testCertificate } from '../../support/c2pa.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'
import { type ScriptWorld, scriptWorld, send, stateOf, textOf, work } from './script-world.ts'

/** The joined clip of a script of two pieces. */
async function joined(world: ScriptWorld): Promise<Clip> {
  const script = await send(world, textOf(2))
  await work(world)
  const { state, clipId } = await stateOf(world, script)
  expect(state).toBe('joined')
  return (await world.services.catalog.clips.find(clipId ?? '')) as Clip
}

it('with CONTENT_CREDENTIALS the joined clip of a script is signed as a whole', async () => {
  const world = await scriptWorld({ environment: await signingEnvironment() })
  const clip = await joined(world)
  expect(clip.speech).toMatchObject({ contentCredentials: true })
  expect(clip.speech?.warnings).toBeUndefined()
  const bytes = await readFile(path.join(world.audioDirectory, clip.id))
  const { root } = await testCertificate()
  expect(await judge('audio/mpeg', bytes, root)).toMatchObject({ state: 'Trusted', failures: [] })
})

it('a script whose pieces their vendor has signed says that the joined clip carries none of that', async () => {
  const world = await scriptWorld()
  // An ID3 tag with what a manifest begins with.
  const manifest = Buffer.from('GEOB\0\0\0\x08\0\0jumdc2pa', 'latin1')
  const tag = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, manifest.length]), manifest])
  world.speech.onSpeak = (text) => {
    const signed = Buffer.concat([tag, speechMp3(100, text)])
    world.speech.facts = { audio: ReadableStream.from([Uint8Array.from(signed)]) }
  }
  const clip = await joined(world)
  expect(clip.speech?.contentCredentials).toBe(false)
  expect(clip.speech?.warnings?.join()).toContain('content credentials into the pieces')
})

import { rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { audit } from '#lib/clips/audit.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const request = { text: 'Good morning', voiceId: 'slt' }
const signal = new AbortController().signal

/** Each call is a further process on the same directory. */
async function openMachine() {
  const directory = await temporaryDirectory()
  const speech = new FakeSpeech()
  const open = (environment: Record<string, string> = {}): Services => {
    const config = readConfig({
      TEMP_AUDIO_DIR: directory,
      IPFS_REPOSITORY_DIR: path.join(directory, 'ipfs'),
      IPFS_GATEWAYS: 'http://127.0.0.1:9',
      LOG_LEVEL: 'silent',
      ...environment,
    })
    const services = createServices(config, { speech })
    onTestFinished(() => services.catalog.close())
    return services
  }
  const lose = (name: 'ipfs' | 'audio') => rm(path.join(directory, name), { recursive: true })
  const say = (services: Services) => vocalizeOnce(services, request, { requestId: 'r' })
  return { open, lose, say }
}

describe('a catalog that was restored without the repository', () => {
  it('does not hand out the dead address of a clip, which is spoken again', async () => {
    const { open, lose, say } = await openMachine()
    const before = open()
    const clip = await say(before)
    expect(clip).toMatchObject({ provider: 'embedded' })
    expect(await say(before)).toMatchObject({ id: clip.id, isReused: true })
    await lose('ipfs')
    await lose('audio')
    const after = open()
    const again = await say(after)
    expect(again.id).not.toBe(clip.id)
    expect(again.isReused).toBeUndefined()
    expect(await after.blockStore.open(again.cid)).not.toBeNull()
    expect(await say(after)).toMatchObject({ id: again.id, isReused: true })
  })

  it('gives a clip again whose audio is still in the temporary store, from where its address is served', async () => {
    const { open, lose, say } = await openMachine()
    const clip = await say(open())
    await lose('ipfs')
    expect(await say(open())).toMatchObject({ id: clip.id, isReused: true })
  })

  it('gives a clip again that another provider holds as well', async () => {
    const { open, lose, say } = await openMachine()
    const before = open()
    const clip = await say(before)
    await before.catalog.pins.add({
      clipId: clip.id,
      provider: 'pinata',
      cid: clip.cid,
      pinnedAt: 1,
      provenAt: 1,
    })
    await lose('ipfs')
    await lose('audio')
    expect(await say(open())).toMatchObject({ id: clip.id, isReused: true })
  })

  it('finds that its own store has lost the clip, also where that takes no further ones', async () => {
    const { open, lose, say } = await openMachine()
    const clip = await say(open())
    const onlyPinata = open({
      IPFS_PROVIDERS: 'pinata',
      PINATA_JWT: 'a-jwt-of-the-test',
      PINATA_API_URL: 'http://127.0.0.1:9',
    })
    const check = () => audit(onlyPinata, { limit: 1, before: Date.now() + 1000, signal })
    expect(await check()).toMatchObject([{ provider: 'embedded', delivered: 1, unknown: 0 }])
    await lose('ipfs')
    await lose('audio')
    expect(await check()).toMatchObject([{ provider: 'embedded', unknown: 0, lost: 1 }])
    expect(await onlyPinata.catalog.pins.ofClip(clip.id)).toMatchObject([{ lostAt: expect.any(Number) }])
  })
})

it('a temporary clip whose audio is gone from the temporary store is spoken again', async () => {
  const { open, lose, say } = await openMachine()
  const nobody = { IPFS_PROVIDERS: 'kubo', KUBO_RPC_URL: 'http://127.0.0.1:9', IPFS_RETRY_DELAYS_MS: ',' }
  const clip = await say(open(nobody))
  expect(clip.state).toBe('pending')
  await lose('audio')
  const after = open(nobody)
  const again = await say(after)
  expect(again.id).not.toBe(clip.id)
  expect(await say(after)).toMatchObject({ id: again.id, isReused: true })
})

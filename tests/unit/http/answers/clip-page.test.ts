import { describe, expect, it } from 'vitest'
import { cleanUp } from '#lib/clips/clean-up.ts'
import { deleteClip } from '#lib/clips/delete-clip.ts'
import { fileDueCaptions } from '#lib/clips/file-captions.ts'
import { vocalize } from '#lib/clips/vocalize.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { clipPage } from '#lib/http/answers/clip-page.ts'
import { oembedAnswer } from '#lib/http/answers/oembed.ts'
import { captionsIdOf, newClipId } from '#lib/model/clip.ts'
import { HOUR_MS } from '#lib/platform/units.ts'
import { unavailable } from '../../../support/fake-provider.ts'
import { FakeSpeech } from '../../../support/fake-speech.ts'
import { readBack, speak, type TestServices, testServices } from '../../../support/services.ts'

const baseUrl = 'https://voice.example'
const show = ({ services }: TestServices, name: string) => clipPage(services, name, baseUrl)
const speakOne = ({ services, clock }: TestServices, text = 'Hello', options = {}) =>
  clock.until(speak(services, text, options))

class NamedSpeech extends FakeSpeech {
  override hasTimestamps = true
  override voices = async () => [{ id: 'slt', name: 'Ann "The Voice" <b>' }] as never
}

function refuse({ providers }: TestServices) {
  for (const provider of providers) provider.always(unavailable())
}

describe('the page of a clip', () => {
  it('says who spoke it, and who keeps it since when it was last verified', async () => {
    const world = await testServices({ speech: new NamedSpeech() })
    const { id } = await speakOne(world)
    const storedAt = new Date(world.clock.now()).toISOString()
    const [fresh] = (await show(world, id)).keepers
    expect(fresh).toMatchObject({ provider: 'pinata', keptSince: storedAt, verifiedAt: undefined })

    await world.clock.advance(HOUR_MS / 2)
    await readBack(world)
    const page = await show(world, id)
    expect(page).toMatchObject({ title: 'Voice clip by Ann "The Voice" <b>', endsAt: undefined })
    expect(page.keepers).toMatchObject([{ verifiedAt: new Date(world.clock.now()).toISOString() }])
    expect(page.clip).toMatchObject({ id, state: 'stored', pageUrl: `${baseUrl}/c/${id}` })
  })

  it('does not count an attempt to read a clip back that has failed', async () => {
    const world = await testServices()
    const { id, cid } = await speakOne(world)
    const [pin] = await world.services.catalog.pins.ofClip(id)
    const verifiedAt = world.clock.now()
    if (pin) await world.services.catalog.pins.prove(pin, { at: verifiedAt })
    await world.clock.advance(HOUR_MS)
    const now = world.clock.now()
    await world.services.catalog.pins.claimCheck({ now, before: now })
    if (pin) await world.services.catalog.pins.defer(pin, { readBackAt: null, unconfirmedSince: now })
    expect((await show(world, cid)).keepers).toMatchObject([
      {
        verifiedAt: new Date(verifiedAt).toISOString(),
        unconfirmedSince: new Date(now).toISOString(),
      },
    ])
  })

  it('names no voice where only holders of a key may see the list of voices', async () => {
    const world = await testServices({
      speech: new NamedSpeech(),
      environment: { VOCALIZE_API_KEYS: 'a-key' },
    })
    const { id } = await speakOne(world)
    expect(await show(world, id)).toMatchObject({ title: 'Voice clip', voiceName: undefined })
  })

  it('has neither the text nor the notes of its maker', async () => {
    const world = await testServices()
    const request = { text: 'A secret text', voiceId: 'slt' }
    const notes = { label: 'a secret label', metadata: { a: 'secret' } }
    const { id } = await world.clock.until(
      vocalizeOnce(world.services, request, { requestId: 'r', ...notes }),
    )
    expect((await world.services.catalog.clips.find(id))?.label).toBe('a secret label')
    expect(JSON.stringify(await show(world, id))).not.toMatch(/secret/)
  })

  it('is found by any notation of its id and its CID, and by its captions', async () => {
    const world = await testServices({ speech: new NamedSpeech() })
    const { id, cid, captionsCid } = await speakOne(world, 'Hello there', { timestamps: true })
    await fileDueCaptions(world.services, { limit: 10 })
    expect(captionsCid).not.toBeNull()
    for (const name of [id, id.toUpperCase(), cid, cid.toUpperCase(), captionsIdOf(id)]) {
      expect((await show(world, name)).clip.id).toBe(id)
    }
  })

  it('is there while the clip is spoken', async () => {
    const speech = new FakeSpeech()
    const world = await testServices({ speech })
    let seen: Awaited<ReturnType<typeof show>> | undefined
    const id = newClipId()
    speech.beforeChunk = async () => {
      seen ??= await show(world, id)
    }
    const request = { text: 'Hello', voiceId: 'slt' }
    await world.clock.until(vocalize(world.services, request, { requestId: 'r', id }))
    expect(seen?.clip).toMatchObject({ state: 'speaking', cid: undefined })
    expect(seen?.keepers).toEqual([])
  })

  it('says when a clip ends that no provider has taken, and then that it has expired', async () => {
    const world = await testServices()
    refuse(world)
    const { id, expiresAt } = await speakOne(world)
    expect(await show(world, id)).toMatchObject({
      endsAt: new Date(expiresAt).toISOString(),
      clip: { state: 'pending' },
      keepers: [],
    })
    await world.clock.advance(HOUR_MS + 1)
    await expect(show(world, id)).rejects.toMatchObject({ code: 'expired' })
    await world.clock.until(cleanUp(world.services, { signal: world.services.tasks.signal }))
    await expect(show(world, id)).rejects.toMatchObject({ code: 'expired' })
  })

  it('promises no end where pending clips are kept', async () => {
    const world = await testServices({ environment: { KEEP_PENDING_AUDIO: 'true' } })
    refuse(world)
    const { id } = await speakOne(world)
    expect((await show(world, id)).endsAt).toBeUndefined()
  })

  it('of a deleted clip says so, by its id and by its CID; of an unknown one, that there is none', async () => {
    const world = await testServices()
    const { id, cid } = await speakOne(world)
    await world.clock.until(deleteClip(world.services, id, 'operator'))
    await expect(show(world, id)).rejects.toMatchObject({ code: 'deleted' })
    await expect(show(world, cid)).rejects.toMatchObject({ code: 'deleted' })
    for (const name of [
      '0'.repeat(32),
      'x',
      '',
      'bafkreidaxvnfshupgw3fndmmxp5c6vjv7bayvqoy5c222vu775tra3x7wq',
    ]) {
      await expect(show(world, name)).rejects.toMatchObject({ code: 'not_found' })
    }
  })
})

describe('oEmbed', () => {
  const ask = ({ services }: TestServices, query: Record<string, string>) =>
    oembedAnswer(
      services,
      new Request(`http://here.test/api/oembed?${new URLSearchParams(query)}`, {
        headers: { Host: 'here.test' },
      }),
    )

  async function storedClip(environment: Record<string, string> = {}) {
    const world = await testServices({ speech: new NamedSpeech(), environment })
    return { world, ...(await speakOne(world)) }
  }

  it('answers with an iframe that names of voices cannot break out of', async () => {
    const { world, id } = await storedClip()
    expect(await ask(world, { url: `http://here.test/c/${id}`, format: 'json' })).toEqual({
      version: '1.0',
      type: 'rich',
      title: 'Voice clip by Ann "The Voice" <b>',
      provider_name: 'Voicepin',
      provider_url: 'http://here.test',
      cache_age: 3600,
      thumbnail_url: 'http://here.test/social-preview.png',
      thumbnail_width: 1200,
      thumbnail_height: 630,
      html: `<iframe src="http://here.test/embed/${id}" width="600" height="200" title="Voice clip by Ann &quot;The Voice&quot; &lt;b&gt;" style="border:0;max-width:100%" loading="lazy"></iframe>`,
      width: 600,
      height: 200,
    })
  })

  it('keeps within maxwidth and maxheight, its picture as well', async () => {
    const { world, id } = await storedClip()
    const answer = await ask(world, {
      url: `http://here.test/embed/${id}`,
      maxwidth: '400',
      maxheight: '150',
    })
    expect(answer).toMatchObject({ width: 400, height: 150 })
    expect(answer.html).toContain('width="400" height="150"')
    expect(Object.keys(answer).join()).not.toContain('thumbnail')
    const wide = await ask(world, { url: `http://here.test/c/${id}`, maxwidth: '2000' })
    expect(wide).toMatchObject({ width: 600, height: 200, thumbnail_width: 1200 })
  })

  it('knows the pages under PUBLIC_BASE_URL, and no others', async () => {
    const { world, id, cid } = await storedClip({ PUBLIC_BASE_URL: 'https://voice.example/speech' })
    const { html } = await ask(world, { url: `https://voice.example/speech/c/${cid}/` })
    expect(html).toContain(`src="https://voice.example/speech/embed/${id}"`)
    for (const url of [
      `https://elsewhere.example/speech/c/${id}`,
      `https://voice.example/c/${id}`,
      `https://voice.example/speech/`,
      `https://voice.example/speech/dashboard`,
      `https://voice.example/speech/c/${'0'.repeat(32)}`,
    ]) {
      await expect(ask(world, { url })).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  it.each([
    ['no URL', () => ({}), 'invalid_request'],
    ['something that is no URL', () => ({ url: 'clip' }), 'invalid_request'],
    ['no width', (url: string) => ({ url, maxwidth: '0' }), 'invalid_request'],
    ['XML', (url: string) => ({ url, format: 'xml' }), 'format_not_implemented'],
  ])('refuses %s', async (_what, query, code) => {
    const { world, id } = await storedClip()
    await expect(ask(world, query(`http://here.test/c/${id}`))).rejects.toMatchObject({ code })
  })

  it('promises nothing of a clip that may end', async () => {
    const world = await testServices()
    refuse(world)
    const { id } = await speakOne(world)
    expect(await ask(world, { url: `http://here.test/c/${id}` })).not.toHaveProperty('cache_age')
  })
})

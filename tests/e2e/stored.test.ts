import { describe, expect, it } from 'vitest'
import { independentCid } from '../support/content-id.ts'
import { storeAtOneAlone } from '../support/one-provider.ts'
import { quick } from '../support/operator.ts'
import { startService } from '../support/service.ts'
import {
  classicPinataEnvironmentFor,
  credentials,
  environmentFor,
  pinataPlans,
} from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors, useWorld } from '../support/world.ts'

describe('with Pinata', () => {
  const world = useWorld()

  it('answers 200 with the permanent URL on the gateway', async () => {
    const { status, body } = await world.service.vocalize({ text: 'A clip for Pinata', voiceId: 'George_1' })
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      data: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        audioUrl: `${world.vendors.urls.pinata}/ipfs/${body.data.cid}?filename=${body.data.id}.mp3`,
        pageUrl: `${world.service.baseUrl}/c/${body.data.id}`,
        ipfsHash: body.data.cid,
        cid: expect.stringMatching(/^bafk/),
        provider: 'pinata',
        isTemporary: false,
        mimeType: 'audio/mpeg',
        bytes: expect.any(Number),
        durationMs: expect.any(Number),
        characters: 17,
        spokenBy: { vendor: 'elevenlabs', voiceId: 'George_1', modelId: 'eleven_multilingual_v2' },
        contentCredentials: false,
      },
    })
    // 17 characters at 60 ms each, in frames of 26 ms.
    expect(Math.abs(body.data.durationMs - 1020)).toBeLessThan(30)
  })

  it('uploads a CAR that holds exactly the clip', async () => {
    const { body } = await world.service.vocalize()
    const { cid, bytes, id, audioUrl } = body.data
    // The stub checks each block's hash and puts the file together.
    const held = await world.vendors.content('pinata', cid)
    expect(held?.length).toBe(bytes)
    expect(await independentCid(held as Uint8Array)).toBe(cid)
    expect(await (await fetch(audioUrl)).bytes()).toEqual(held)
    const here = await world.service.fetch(`/api/temp-audio/${id}`)
    expect(here.headers.get('link')).toBe(`<${audioUrl}>; rel="canonical"`)
    expect(await here.bytes()).toEqual(held)
  })

  it('has the CID of profile unixfs-v1-2025 above one chunk, too', async () => {
    await world.vendors.speak({ msPerCharacter: 200 })
    const { body } = await world.service.vocalize({ text: 'Six minutes. '.repeat(300), voiceId: 'slt' })
    await world.vendors.speak({ msPerCharacter: 60 })
    expect(body.data.isTemporary).toBe(false)
    expect(body.data.bytes).toBeGreaterThan(5 * 1024 ** 2)
    expect(body.data.cid).toMatch(/^bafybei/)
    const held = await world.vendors.content('pinata', body.data.cid)
    expect(await independentCid(held as Uint8Array)).toBe(body.data.cid)
  })

  it('makes captions where they are asked for, and stores them under their own CID, too', async () => {
    const text = 'Good morning, everybody. Mind the <gap> & the doors.'
    const { body } = await world.service.vocalize({ text, voiceId: 'slt', timestamps: true })
    const { id, captions, warnings } = body.data
    expect(warnings).toBeUndefined()
    const url = `${world.service.baseUrl}/api/clips/${id}/captions`
    expect(captions).toMatchObject({ vttUrl: `${url}.vtt`, srtUrl: `${url}.srt`, jsonUrl: `${url}.json` })

    const vtt = await fetch(captions.vttUrl)
    expect(Object.fromEntries(vtt.headers)).toMatchObject({
      'content-type': 'text/vtt; charset=utf-8',
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=3600',
      etag: `"${captions.cid}"`,
    })
    const written = await vtt.bytes()
    expect(Buffer.from(written).toString()).toMatch(
      /^WEBVTT\n\n00:00:00.000 --> 00:00:01.\d{3}\nGood <[\d:.]+>morning, <[\d:.]+>everybody.\n\n.*&lt;gap&gt;/s,
    )
    expect(await (await fetch(captions.srtUrl)).text()).toContain('\nMind the <gap> & the doors.\n')
    const { words, characters } = await (await fetch(captions.jsonUrl)).json()
    expect(words).toHaveLength(9)
    expect(characters.map((character: { text: string }) => character.text).join('')).toBe(text)
    // 60 ms a character.
    expect(words[2]).toEqual({ text: 'everybody.', startMs: 840, endMs: 1380 })
    const known = await fetch(captions.vttUrl, { headers: { 'if-none-match': `"${captions.cid}"` } })
    expect(known.status).toBe(304)

    const stored = await until('captions on IPFS', async () => {
      const { data } = await (await world.service.fetch(`/api/clips/${id}`)).json()
      return data.captions.ipfsUrl && data.captions
    })
    expect(stored.ipfsUrl).toMatch(/\/ipfs\/bafk\w+\?filename=\w+\.vtt$/)
    expect(await (await fetch(stored.ipfsUrl)).bytes()).toEqual(written)
    expect(await independentCid(written)).toBe(captions.cid)
  })

  it('has no captions where they were not asked for, and says how to get them', async () => {
    const { body } = await world.service.vocalize()
    expect(body.data.captions).toBeUndefined()
    const answer = await world.service.fetch(`/api/clips/${body.data.id}/captions.vtt`)
    expect(answer.status).toBe(404)
    expect((await answer.json()).detail).toContain('"timestamps": true')
  })

  it('gives every clip to the provider once, however many come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => world.service.vocalize()))
    const cids = answers.map(({ body }) => body.data.cid)
    expect(new Set(cids).size).toBe(12)
    const held = (await world.vendors.holdings('pinata')).filter(({ cid }) => cids.includes(cid))
    expect(held.map(({ uploads }) => uploads)).toEqual(Array(12).fill(1))
  })

  it('passes on to the voice what the caller asked for', async () => {
    await world.mark()
    await world.service.vocalize({
      text: '  Hello  ',
      voiceId: 'George',
      modelId: 'eleven_flash_v2_5',
      outputFormat: 'mp3_22050_32',
      voiceSettings: { stability: 0.5, similarityBoost: 0.7, style: 0.1, useSpeakerBoost: true, speed: 1.1 },
      languageCode: 'en',
      seed: 7,
      unknown: 'ignored',
    })
    const [request] = (await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })).slice(-1)
    expect(request?.path).toBe('/v1/text-to-speech/George/stream?output_format=mp3_22050_32')
    expect(JSON.parse(request?.body ?? '')).toEqual({
      text: 'Hello',
      model_id: 'eleven_flash_v2_5',
      voice_settings: {
        stability: 0.5,
        similarity_boost: 0.7,
        style: 0.1,
        use_speaker_boost: true,
        speed: 1.1,
      },
      language_code: 'en',
      seed: 7,
    })
  })

  it('reads JSON whatever the content type says', async () => {
    const { status } = await world.service.vocalize(undefined, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(status).toBe(200)
  })

  it('logs the fixed line with request id and clip id, and no secret in any line', async () => {
    const { body, headers } = await world.service.vocalize()
    const line = await world.service.waitForLog(`✅ IPFS upload successful: ${body.data.cid}`)
    expect(line).toMatchObject({ msg: `✅ IPFS upload successful: ${body.data.cid}`, clipId: body.data.id })
    expect(line.requestId).toBe(headers.get('x-request-id'))
    for (const secret of Object.values(credentials)) expect(world.service.output).not.toContain(secret)
  })
})

describe('with the free plan of Pinata', () => {
  const world = useVendors()

  it('stores each clip at the first attempt, and says once that plain files are sent', async () => {
    await world.vendors.plan(pinataPlans.free)
    const service = await startService({ environment: { ...quick, ...environmentFor(world.vendors) } })
    for (const text of ['The first clip', 'The second clip', 'The third clip']) {
      const { body } = await service.vocalize({ text, voiceId: 'George_1' })
      expect(body.data).toMatchObject({ isTemporary: false, provider: 'pinata', ipfsHash: body.data.cid })
      const played = await (await fetch(body.data.audioUrl)).bytes()
      expect(await independentCid(played)).toBe(body.data.cid)
    }
    const uploads = await world.vendors.requests({ vendor: 'pinata', endpoint: 'upload' })
    expect(uploads.map(({ status }) => status)).toEqual([403, 200, 200, 200])
    expect(service.output.match(/Takes no CARs/g)).toHaveLength(1)
    await service.stop()
  })
})

describe('with one provider alone', () => {
  const world = useVendors()
  // The others: tests/proof/providers.proof.ts.
  it('kubo stores the clip where an empty PINATA_API_KEY switches Pinata off', () =>
    storeAtOneAlone(world.vendors, 'kubo', {
      ...classicPinataEnvironmentFor(world.vendors),
      PINATA_API_KEY: '',
    }))

  it('Pinata’s classic endpoint stores the clip with key and secret, once, even when its first answer is lost', async () => {
    const environment = {
      ...environmentFor(world.vendors, ['elevenlabs']),
      ...classicPinataEnvironmentFor(world.vendors),
    }
    const service = await startService({ environment: { ...quick, ...environment } })
    await world.vendors.speak({ msPerCharacter: 5000 })
    await world.vendors.next('pinata', { kind: 'reset-after-storing' })
    const { body } = await service.vocalize()
    await world.vendors.speak({ msPerCharacter: 60 })
    const { cid, ipfsHash, bytes, audioUrl } = body.data
    // Above 256 KiB Pinata chunks in its own way: the CID that it keeps is the one that its gateway knows.
    expect(bytes).toBeGreaterThan(256 * 1024)
    expect(ipfsHash).not.toBe(cid)
    const fromGateway = await (await fetch(audioUrl)).bytes()
    expect(await independentCid(fromGateway)).toBe(cid)
    expect(await world.vendors.holdings('pinata')).toMatchObject([{ cid: ipfsHash, uploads: 1 }])
    await service.stop()
  })
})

describe('which provider is used', () => {
  const world = useVendors()

  it('IPFS_PROVIDERS says the order, IPFS_GATEWAY_URL the address', async () => {
    const environment = {
      ...environmentFor(world.vendors, ['elevenlabs', 'kubo', 'pinata']),
      IPFS_PROVIDERS: 'kubo,pinata',
      IPFS_GATEWAY_URL: 'https://gateway.example/ipfs/',
    }
    const service = await startService({ environment: { ...quick, ...environment } })
    const { provider, audioUrl } = (await service.vocalize()).body.data
    expect(provider).toBe('kubo')
    expect(audioUrl).toMatch(/^https:\/\/gateway\.example\/ipfs\/bafk[a-z2-7]+\?filename=[0-9a-f]{32}\.mp3$/)
    await service.stop()
  })
})

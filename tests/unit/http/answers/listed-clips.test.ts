import { describe, expect, it } from 'vitest'
import { listedClipsAnswer, listedClipsQuery } from '#lib/http/answers/listed-clips.ts'
import { parseWith } from '#lib/http/body.ts'
import { speak, testServices, waitingClips } from '../../../support/services.ts'

const queryOf = (query: Record<string, string>) => parseWith(listedClipsQuery, query)

describe('the operators’ list of clips', () => {
  it('is read page by page', async () => {
    const { services } = await testServices()
    const ids = await waitingClips(services, 3)
    const first = await listedClipsAnswer(services, queryOf({ limit: '2' }))
    expect(first).toMatchObject({ total: 3, isTotalExact: true })
    const rest = await listedClipsAnswer(services, queryOf({ limit: '2', cursor: first.nextCursor ?? '' }))
    expect([...first.clips, ...rest.clips].map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    expect(rest.nextCursor).toBeUndefined()
  })

  it('says of each clip who spoke it, how long and large it is, and who has it', async () => {
    const { services } = await testServices()
    const { id, cid } = await speak(services)
    const { clips } = await listedClipsAnswer(services, queryOf({ state: 'stored', provider: 'pinata' }))
    expect(clips).toMatchObject([
      { id, cid, state: 'stored', vendor: 'local', voiceId: 'slt', provider: 'pinata', tries: 1 },
    ])
    expect(clips[0]?.durationMs).toBeGreaterThan(0)
    expect(clips[0]?.bytes).toBeGreaterThan(0)
    const none = await listedClipsAnswer(services, queryOf({ state: 'stored', provider: 'kubo' }))
    expect(none).toMatchObject({ clips: [], total: 0 })
  })

  it('is searched by what people have at hand: an id, an address with it or with a CID, a request', async () => {
    const { services } = await testServices()
    const { id, cid, requestId } = await speak(services)
    for (const q of [
      id,
      id.slice(0, 12),
      cid,
      requestId,
      `https://voice.example/api/temp-audio/${id}?download`,
      `https://gateway.test/ipfs/${cid}?filename=${'0'.repeat(32)}.mp3`,
      `ipfs://${cid}`,
    ]) {
      const { clips } = await listedClipsAnswer(services, queryOf({ q }))
      expect([q, clips.map((clip) => clip.id)]).toEqual([q, [id]])
    }
    expect((await listedClipsAnswer(services, queryOf({ q: 'nothing-of-ours' }))).clips).toEqual([])
  })

  it.each([
    [{ state: 'lost' }, 'state'],
    [{ provider: 'pinata' }, 'provider'],
    [{ cursor: 'x' }, 'cursor'],
    [{ from: 'yesterday' }, 'from'],
    [{ limit: '101' }, 'limit'],
  ])('refuses %j, and says which field is wrong', (query, path) => {
    expect(() => queryOf(query as Record<string, string>)).toThrow(`${path}: `)
  })

  it('refuses the beginning of an id that is too short', async () => {
    const { services } = await testServices()
    await expect(listedClipsAnswer(services, queryOf({ q: 'abc' }))).rejects.toThrow('8 characters')
  })
})

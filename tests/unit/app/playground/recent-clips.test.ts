import { describe, expect, it } from 'vitest'
import {
  type RecentClip,
  readRecent,
  unsettled,
  withBegun,
  withClip,
} from '../../../../app/_playground/recent-clips.ts'
import type { ClipView } from '../../../../app/_shared/clip-view.ts'

const begun = (id: string, text = 'Hello') => ({ id, text, voice: 'George', spokenAt: 1 })
const audioUrl = 'https://gateway.example/ipfs/x'
const listed = (...ids: string[]) =>
  ids.reduceRight<RecentClip[]>((clips, id) => withBegun(clips, begun(id)), [])

describe('the list of recent clips', () => {
  it('has the newest in front, each once, and forgets the oldest', () => {
    const many = Array.from({ length: 25 }, (_, index) => `clip-${index}`)
    const clips = listed(...many)
    expect(clips).toHaveLength(20)
    expect(
      withBegun(clips, begun('clip-3'))
        .map(({ id }) => id)
        .slice(0, 4),
    ).toEqual(['clip-3', 'clip-0', 'clip-1', 'clip-2'])
  })

  it('keeps the beginning of a long text, and cuts no character in two', () => {
    const [clip] = withBegun([], begun('a', '😀'.repeat(500)))
    expect(clip?.text).toBe(`${'😀'.repeat(160)}…`)
  })

  it('knows the address of a clip once there is one, and when there is none any more', () => {
    const spoken = { state: 'stored', cid: 'bafk', audioUrl } as ClipView
    const clips = withClip(listed('a', 'b'), 'b', spoken)
    expect(clips.map(({ state, address }) => [state, address])).toEqual([
      ['speaking', undefined],
      ['stored', audioUrl],
    ])
    expect(unsettled(clips).map(({ id }) => id)).toEqual(['a'])
    expect(withClip(clips, 'a', undefined)[0]?.state).toBe('gone')
    expect(unsettled(withClip(clips, 'a', undefined))).toEqual([])
  })

  it('takes from what is stored only what is a clip, and no address that runs code', () => {
    const stored = [{ ...begun('a'), state: 'stored', address: 'javascript:alert(1)' }, null, { id: 7 }, 'b']
    expect(readRecent(stored)).toEqual([{ ...begun('a'), state: 'stored', address: undefined }])
    expect(readRecent({ odd: true })).toEqual([])
  })
})

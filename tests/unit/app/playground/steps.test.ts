import { describe, expect, it } from 'vitest'
import { announcementOf, stepsOf } from '../../../../app/_playground/steps.ts'
import type { ClipView } from '../../../../app/_shared/clip-view.ts'
import type { ScriptView } from '../../../../app/_shared/script-view.ts'

const stored = (provider: string) =>
  ({
    state: 'stored',
    cid: 'bafk',
    provider,
    attempts: [],
    createdAt: '2026-11-22T12:00:00.000Z',
  }) as unknown as ClipView

describe('the last step of a clip', () => {
  it('says of the block store of this service that the clip is kept on this machine', () => {
    expect(stepsOf(stored('embedded')).at(-1)).toEqual({
      title: 'Kept on this machine',
      detail: 'The address works for as long as this service keeps and serves the clip',
      status: 'done',
    })
    expect(announcementOf(stored('embedded'))).toMatch(/^Kept on this machine/)
  })

  it('says of any other provider that the clip is stored on IPFS', () => {
    expect(stepsOf(stored('pinata')).at(-1)).toEqual({
      title: 'Stored on IPFS',
      detail: 'by Pinata',
      status: 'done',
    })
  })
})

describe('the first step of a long text', () => {
  const script = { state: 'speaking', spokenPieces: 3, pieceCount: 40 } as ScriptView

  it('says how many of its pieces are spoken', () => {
    expect(stepsOf(undefined, script)[0]).toEqual({
      title: 'Speaking',
      detail: '3 of 40 pieces',
      status: 'active',
    })
  })

  it('says what it waits for', () => {
    const error = { code: 'speech_quota_exceeded', detail: 'The quota is used up' }
    const waiting = { ...script, error, nextAttemptAt: '2026-11-22T12:00:00.000Z' }
    expect(stepsOf(undefined, waiting)[0]).toMatchObject({
      title: 'Waiting to speak',
      detail: expect.stringMatching(/^3 of 40 pieces · next attempt at .*: The quota is used up$/),
    })
  })
})

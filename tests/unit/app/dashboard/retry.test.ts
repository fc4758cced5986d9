import { describe, expect, it } from 'vitest'
import { outcomeOfAll, outcomeOfOne } from '../../../../app/dashboard/_parts/retry.ts'

const id = '0'.repeat(32)
const stored = { id, status: 'success', ipfsHash: 'b', url: 'https://g.test/b', provider: 'pinata' } as const
const failed = (error: string) => ({ id, status: 'failed', error, attempts: 1 }) as const
const answer = { success: true, processed: 0, successCount: 0, failureCount: 0, remaining: 0, results: [] }

describe('what is said of a retry', () => {
  it('is no success where nothing was stored: what failed, why, and what was not tried', () => {
    const { tone, sentences } = outcomeOfAll({
      ...answer,
      failureCount: 3,
      results: [failed('pinata: 503'), failed('kubo: refused'), failed('pinata: 503')],
      untried: [{ reason: 'cooling_down', count: 12 }],
    })
    expect(tone).toBe('bad')
    expect(sentences).toEqual([
      '3 failed.',
      '2 × pinata: 503',
      '1 × kubo: refused',
      expect.stringMatching(/^12 not tried: every provider .* cooling down/),
    ])
  })

  it('is a success where all were stored, and half of one where only some were', () => {
    const good = { ...answer, successCount: 1, results: [stored] }
    expect(outcomeOfAll(good)).toEqual({ tone: 'good', sentences: ['1 stored.'] })
    expect(outcomeOfAll({ ...good, untried: [{ reason: 'limit', count: 2 }] }).tone).toBe('mixed')
    expect(outcomeOfAll({ ...good, untried: [{ reason: 'being_uploaded', count: 2 }] }).tone).toBe('good')
  })

  it('is no failure where there was nothing to do', () => {
    expect(outcomeOfAll(answer)).toEqual({ tone: 'mixed', sentences: ['No clip was tried.'] })
  })

  it('says of one clip where it is, or why not', () => {
    expect(outcomeOfOne({ ...answer, results: [stored] })).toEqual({
      tone: 'good',
      sentences: ['Stored by Pinata.'],
    })
    expect(outcomeOfOne({ ...answer, results: [failed('pinata: 503')] }).sentences[0]).toContain(
      'pinata: 503',
    )
    const left = outcomeOfOne({ ...answer, untried: [{ reason: 'being_uploaded', count: 1 }] })
    expect(left).toEqual({ tone: 'bad', sentences: ['Not tried: being uploaded already.'] })
  })
})

import { describe, expect, it } from 'vitest'
import { errorStatus } from '#lib/model/errors.ts'
import { wordsOf } from '../../../../app/_playground/problem-words.ts'

/** What people need not know. */
const jargon = /\b(HTTP|[45]\d\d|gateway|timeout|request failed|unauthorized|unprocessable|JSON)\b/i

describe('the words for a refusal', () => {
  it.each(Object.entries(errorStatus))('%s: have no HTTP in them', (code, status) => {
    const { title, text } = wordsOf({ code, status, detail: 'Why it is so' })
    expect(`${title} ${text}`).not.toMatch(jargon)
    expect(title).not.toBe('')
    expect(text).not.toBe('')
  })

  it('name the field that is wrong', () => {
    const errors = [
      { path: 'text', message: 'must be at most 5000 characters long' },
      { path: 'voiceSettings.similarityBoost', message: 'is too large' },
    ]
    expect(
      wordsOf({ code: 'invalid_request', status: 400, detail: 'The request is not valid', errors }),
    ).toEqual({
      title: 'This cannot be spoken',
      text: 'The text must be at most 5000 characters long. The similarity boost is too large.',
    })
  })

  it('are plain where a proxy has answered without any', () => {
    expect(wordsOf({ status: 502, detail: 'The service answered 502' }).text).not.toMatch(jargon)
  })

  it('are those of the page where there was no answer', () => {
    expect(wordsOf({ status: 0, title: 'No answer', detail: 'This device is offline' })).toEqual({
      title: 'No answer',
      text: 'This device is offline',
    })
  })
})

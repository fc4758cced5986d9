import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createTextBuffer } from '#lib/http/drop-in/elevenlabs/stream-input/text-buffer.ts'

const buffer = (options = {}) => createTextBuffer({ isAuto: false, maxCharacters: 2500, ...options })
const first = 'This is the first sentence, which is rather long, too. '
const second = 'The second one is a little longer than the first one was. '
const third = 'And a third one that has not come to its '

/** What is to be spoken after each word of `text`. */
const wordByWord = (text: string, target = buffer()) =>
  text.split(/(?<= )/).flatMap((word) => target.add(word))

describe('texts that come bit by bit', () => {
  it('are spoken by whole sentences once there are 120 characters, then 160, and all at a flush', () => {
    const target = buffer()
    expect(wordByWord(first + second + third, target)).toEqual([`${first}${second}`.trim()])
    expect(target.flush()).toEqual([third.trim()])
    expect(target.flush()).toEqual([])
  })

  it('are cut between words where no sentence ends for long, and never within one', () => {
    const words = 'word '.repeat(100)
    const pieces = wordByWord(`${words}unfinish`)
    expect(pieces.length).toBeGreaterThan(0)
    for (const piece of pieces) expect(piece).toMatch(/^(word ?)+$/)
  })

  it('follow the schedule of the client', () => {
    expect(wordByWord(first + second, buffer({ schedule: [50] }))[0]).toBe(first.trim())
  })

  it('are spoken at once where each is whole, however short', () => {
    const target = buffer({ isAuto: true })
    expect(target.add('Hi. ')).toEqual(['Hi.'])
    expect(target.add(' ')).toEqual([])
  })

  it('are spoken from one sentence on where the client asks for it', () => {
    const target = buffer()
    expect(target.add('Too short. ', { isUrgent: true })).toEqual([])
    expect(target.add(first, { isUrgent: true })).toEqual([`Too short. ${first}`.trim()])
  })

  it('do not wait for ever for a blank or an end', () => {
    const pieces = buffer({ maxCharacters: 300 }).add('字'.repeat(301))
    expect(pieces.join('')).toBe('字'.repeat(301))
  })

  it('are left out where there is nothing to say in them', () => {
    expect(buffer({ isAuto: true }).add('… ')).toEqual([])
  })

  it('are cut where one is longer than a vendor takes', () => {
    expect(buffer({ isAuto: true, maxCharacters: 60 }).add(first + second)).toEqual([
      first.trim(),
      second.trim(),
    ])
  })

  it('are not read again for each of their sentences', () => {
    const text = first.repeat(500)
    const tested = vi.spyOn(RegExp.prototype, 'test')
    onTestFinished(() => tested.mockRestore())
    expect(buffer().add(text).join(' ')).toBe(text.trim())
    const characters = tested.mock.calls.reduce((sum, [part]) => sum + part.length, 0)
    expect(characters).toBeLessThan(5 * text.length)
  })
})

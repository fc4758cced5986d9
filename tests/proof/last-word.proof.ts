import { expect, it } from 'vitest'
import { audibleMs, messages, withoutLastWord } from '../support/last-word.ts'

it('the built-in voice says the last word of each of 500 short messages', { timeout: 600_000 }, () => {
  const silent = messages.filter((message) => audibleMs(message) <= audibleMs(withoutLastWord(message)))

  expect(messages).toHaveLength(500)
  expect(silent).toEqual([])
})

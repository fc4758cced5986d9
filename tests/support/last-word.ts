import { readFileSync } from 'node:fs'
import { speakPieces } from '#lib/speech/local/pieces.ts'
import { toSpokenText } from '#lib/speech/local/text/spoken-text.ts'

/** 500 short messages: codes, statuses, names, amounts, questions, quotes, marks at the end. */
export const messages = readFileSync('tests/fixtures/built-in-voice/messages.txt', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) =>
    line.replaceAll(/\\n|\\u([\da-f]{4})/g, (_, code) =>
      code ? String.fromCharCode(Number.parseInt(code, 16)) : '\n',
    ),
  )

/** `message` without its last word, with the marks around it. */
export const withoutLastWord = (message: string) =>
  message.replace(/\S*[\p{L}\p{N}]\S*[^\p{L}\p{N}]*$/u, '').trimEnd()

/** For how many milliseconds the built-in voice is audible, at ten times its pace, which is as quick to compute. */
export function audibleMs(text: string): number {
  const options = { voice: 'slt', durationStretch: 0.1, hasWordTimes: false }
  let audible = 0
  for (const { samples } of speakPieces(toSpokenText(text).sentences, options)) {
    // The frames of 5 ms in which something is heard.
    for (let start = 0; start < samples.length; start += 80) {
      if (samples.subarray(start, start + 80).some((sample) => Math.abs(sample) > 0.02)) audible += 5
    }
  }
  return audible
}

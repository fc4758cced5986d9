import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { createConversations, MAX_UNSPOKEN } from '#lib/http/drop-in/elevenlabs/stream-input/conversation.ts'
import { clientMessageSchema } from '#lib/http/drop-in/elevenlabs/stream-input/messages.ts'
import type { Speaker } from '#lib/http/drop-in/elevenlabs/stream-input/speaker.ts'

describe('the conversations of a socket', () => {
  it('take no more while too much is still to be spoken, whichever of them it is of', async () => {
    const said: (() => void)[] = []
    const speaker: Speaker = {
      isBusy: true,
      say: () => new Promise((resolve) => said.push(resolve)),
      finish: async () => {},
    }
    const conversations = createConversations(
      { config: readConfig({}) },
      { isMulti: true, isAuto: true, createSpeaker: () => speaker },
    )
    async function say(index: number) {
      const context_id = `of ${index}`
      await conversations.take(clientMessageSchema.parse({ text: 'A text to be spoken. ', context_id }))
      await conversations.take(clientMessageSchema.parse({ close_context: true, context_id }))
    }
    for (let index = 1; index < MAX_UNSPOKEN; index += 1) await say(index)
    let isTaken = false
    const last = say(MAX_UNSPOKEN).then(() => {
      isTaken = true
    })
    await new Promise(setImmediate)
    expect(said).toHaveLength(MAX_UNSPOKEN)
    expect(isTaken).toBe(false)
    said[0]?.()
    await last
    expect(isTaken).toBe(true)
  })
})

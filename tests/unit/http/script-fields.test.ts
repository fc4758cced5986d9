import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { parseWith } from '#lib/http/body.ts'
import { readTurns, scriptBodyBytes, scriptSchema } from '#lib/http/script-fields.ts'

const { access } = readConfig({ MAX_SCRIPT_LENGTH: '100', MAX_BODY_BYTES: '1000' })
const read = (body: unknown) => readTurns(parseWith(scriptSchema(access), body), access)

describe('the body of a script', () => {
  it('is one turn where it is a text, longer than one request may have', () => {
    expect(read({ text: ` ${'a'.repeat(100)} `, voiceId: 'slt', reuse: false })).toMatchObject({
      turns: [{ text: 'a'.repeat(100), voiceId: 'slt' }],
      reuse: false,
    })
  })

  it('gives each turn what it leaves out', () => {
    const turns = [
      { text: 'One', voiceId: 'rms' },
      { text: 'Two', seed: 2, voiceSettings: null },
    ]
    const common = {
      voiceId: 'slt',
      seed: 1,
      voiceSettings: { speed: 1.1 },
      outputFormat: 'pcm_16000',
      timestamps: true,
    }
    expect(read({ turns, ...common }).turns).toMatchObject([
      { ...common, text: 'One', voiceId: 'rms' },
      { ...common, text: 'Two', seed: 2 },
    ])
  })

  it.each([
    [{ voiceId: 'slt' }, 'text', 'is required, or turns'],
    [{ text: 'One' }, 'voiceId', 'is required'],
    [{ turns: [{ text: 'One', voiceId: 'slt' }, { text: 'Two' }] }, 'turns.1.voiceId', 'is required'],
    [{ turns: [{ text: '', voiceId: 'slt' }] }, 'turns.0.text', 'must not be empty'],
    [{ turns: [], voiceId: 'slt' }, 'turns', 'must not be empty'],
    [
      { turns: [{ text: 'One', timestamps: false }], voiceId: 'slt', timestamps: true },
      'turns.0.timestamps',
      'must stand beside turns: captions are made of all of them, or of none',
    ],
    [{ text: 'One', turns: [{ text: 'Two' }], voiceId: 'slt' }, 'turns', 'must not stand beside text'],
    [{ text: 'a'.repeat(101), voiceId: 'slt' }, 'text', 'must be at most 100 characters long'],
    [
      { turns: [{ text: 'a'.repeat(60) }, { text: '😀'.repeat(41) }], voiceId: 'slt' },
      'turns',
      'must have at most 100 characters together, and have 101',
    ],
  ])('%j is refused at %s', (body, path, message) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ errors: [{ path, message }] }))
  })

  it('may be as large as its text at its longest, written as carefully as JSON allows', () => {
    const text = '\\ud83d\\ude00'.repeat(access.maxScriptLength)
    const body = `{"text":"${text}","voiceId":"slt"}`
    expect(body.length).toBeLessThan(scriptBodyBytes(access))
    expect(read(JSON.parse(body)).turns).toHaveLength(1)
  })
})

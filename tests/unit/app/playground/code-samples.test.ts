import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { samplesOf } from '../../../../app/_playground/code-samples.ts'
import type { SpeakRequest } from '../../../../app/_playground/speak.ts'

/** Quotes of every language, a backslash, line ends, a substitution, and characters that reorder a line unseen. */
const nasty = `It's "here" \`$(rm -rf /)\` \${HOME} \\ 100%\n\u2028 שלום \u202eevil\u2066 '''""" {x} 😀 </pre>`
const baseUrl = 'https://voice.example'

const sampleOf = (name: string, request: Partial<SpeakRequest> = {}, more: object = {}) => {
  const all = samplesOf({
    ...{
      baseUrl,
      exampleVoiceId: 'slt',
      defaultModelId: 'eleven_flash_v2_5',
      needsKey: false,
      isLong: false,
    },
    request: { text: nasty, voiceId: 'george', ...request },
    ...more,
  })
  return all.find((sample) => sample.name === name)
}
const codeOf = (...options: Parameters<typeof sampleOf>) => sampleOf(...options)?.code ?? ''

const names = ['curl', 'JavaScript', 'Python', 'ElevenLabs SDK', 'OpenAI SDK']
const settings = {
  modelId: 'eleven_v3',
  outputFormat: 'opus_48000_64',
  seed: 7,
  voiceSettings: { speed: 1.1, stability: 0.3, useSpeakerBoost: false },
}

/** Runs JavaScript as a module would run, with what it imports in `modules`, and `fetch` if that is given. */
async function run(code: string, modules: Record<string, unknown> = {}, fetch: unknown = undefined) {
  const body = code
    .replace(/^import (\w+|\{ \w+ \}) from (.+)$/gm, (_, what: string, from: string) =>
      what.startsWith('{') ? `const ${what} = modules[${from}]` : `const ${what} = modules[${from}].default`,
    )
    .replace('console.log', 'return ')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  return new AsyncFunction('modules', 'fetch', body)(modules, fetch)
}

describe('the code for a request', () => {
  it.each(names)('in %s: has no character in it that reorders the line unseen', (name) => {
    expect(codeOf(name)).not.toMatch(/[\u2028\u202a-\u202e\u2066-\u2069]/)
  })

  it.each(names)('in %s: says where the text stands, so that it can be isolated', (name) => {
    const { code = '', textInCode = '' } = sampleOf(name) ?? {}
    expect(textInCode).toContain('שלום')
    expect(code.split(textInCode)).toHaveLength(2)
  })

  it('in a shell: sends the text and the settings, whatever is in them', async () => {
    const curl = 'curl() { for argument; do printf "%s\\0" "$argument"; done; }'
    const script = `${curl}\n${codeOf('curl', settings, { needsKey: true })}`
    const options = { env: { ...process.env, VOICEPIN_KEY: 'open-sesame' } }
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script], options)
    const [, url, , header, , body = ''] = stdout.split('\0')
    expect([url, header]).toEqual([`${baseUrl}/api/agents/vocalize`, 'Authorization: Bearer open-sesame'])
    expect(JSON.parse(body)).toEqual({ text: nasty, voiceId: 'george', ...settings })
  })

  it('in JavaScript: sends the text and the settings, and gives the address', async () => {
    const fetch = vi.fn(async () => Response.json({ data: { audioUrl: 'https://gateway.example/ipfs/x' } }))
    expect(await run(codeOf('JavaScript', settings), {}, fetch)).toBe('https://gateway.example/ipfs/x')
    const [url, init] = fetch.mock.calls[0] as unknown as [string, { body: string }]
    expect(url).toBe(`${baseUrl}/api/agents/vocalize`)
    expect(JSON.parse(init.body)).toEqual({ text: nasty, voiceId: 'george', ...settings })
  })

  it('in Python: has its literals', () => {
    const code = codeOf('Python', settings)
    expect(code).toContain('"useSpeakerBoost": False,')
    const [text = ''] = /(?<="text": )"(?:[^"\\]|\\.)*"/.exec(code) ?? []
    // What JSON escapes by these, Python reads in the same way.
    expect(text.replaceAll(/\\(["\\bfnrt]|u[0-9a-f]{4})/g, '')).not.toContain('\\')
    expect(JSON.parse(text)).toBe(nasty)
  })

  it('for the SDK of ElevenLabs: asks its method for the same', async () => {
    const convert = vi.fn(async () => 'audio')
    const writeFile = vi.fn()
    class ElevenLabsClient {
      textToSpeech = { convert }
    }
    await run(codeOf('ElevenLabs SDK', settings), {
      '@elevenlabs/elevenlabs-js': { ElevenLabsClient },
      'node:fs/promises': { writeFile },
    })
    expect(convert).toHaveBeenCalledWith('george', { text: nasty, ...settings })
    expect(writeFile).toHaveBeenCalledWith('clip.ogg', 'audio')
  })

  it('for the SDK of OpenAI: asks for what it has, in the model that the page uses, and says what it lacks', async () => {
    const create = vi.fn(async () => new Response('audio'))
    class OpenAI {
      audio = { speech: { create } }
    }
    const modules = { openai: { default: OpenAI }, 'node:fs/promises': { writeFile() {} } }
    await run(codeOf('OpenAI SDK', settings), modules)
    const body = { model: 'eleven_v3', voice: 'george', input: nasty, response_format: 'opus', speed: 1.1 }
    expect(create).toHaveBeenCalledWith(body)
    expect(sampleOf('OpenAI SDK', settings)?.note).toMatch(/no seed, stability, useSpeakerBoost, rates of/)
    await run(codeOf('OpenAI SDK'), modules)
    expect(create).toHaveBeenLastCalledWith({ model: 'eleven_flash_v2_5', voice: 'george', input: nasty })
    expect(sampleOf('OpenAI SDK')?.note).toBeUndefined()
  })

  it('for a long text: goes by the scripts, which no SDK has', () => {
    for (const name of ['curl', 'JavaScript', 'Python']) {
      expect(codeOf(name, {}, { isLong: true })).toContain(`${baseUrl}/api/scripts`)
    }
    expect(sampleOf('OpenAI SDK', {}, { isLong: true })).toEqual({
      name: 'OpenAI SDK',
      note: expect.stringContaining('/api/scripts'),
    })
  })

  it('without a text and a voice: is an example that works', () => {
    expect(codeOf('curl', { text: '', voiceId: '' })).toContain(
      `'{"text":"Hello from Voicepin","voiceId":"slt"}'`,
    )
  })

  it('never has a key in it: that comes from the environment', () => {
    for (const name of names) {
      expect(codeOf(name)).not.toContain('VOICEPIN_KEY')
      expect(codeOf(name, {}, { needsKey: true })).toContain('VOICEPIN_KEY')
    }
  })
})

import type { SpeakRequest } from './speak.ts'

interface SampleOptions {
  baseUrl: string
  /** What the page would ask for now. */
  request: SpeakRequest
  /** In place of a voice that is not chosen yet. */
  exampleVoiceId: string
  /** The model of requests that name none. */
  defaultModelId: string
  needsKey: boolean
  /** The text is spoken in pieces. */
  isLong: boolean
}

/** A program that has the same text spoken in the same way; or why there is none. */
export interface Sample {
  name: string
  code?: string
  /** The text as it stands in the code, without its quotes. */
  textInCode?: string
  note?: string
}

const EXAMPLE_TEXT = 'Hello from Voicepin'
const KEY = 'VOICEPIN_KEY'

/** The request in every language that the page has; keys come from the environment. */
export function samplesOf(options: SampleOptions): Sample[] {
  const { text, voiceId, ...settings } = options.request
  const asked = { text: text || EXAMPLE_TEXT, voiceId: voiceId || options.exampleVoiceId, ...settings }
  const whole = { ...options, asked }
  const { isLong } = options
  const tooLong = {
    note: 'A text this long is spoken in pieces by POST /api/scripts, for which this SDK has no call.',
  }
  return [
    { name: 'curl', ...curl(whole) },
    { name: 'JavaScript', ...javaScript(whole) },
    { name: 'Python', ...python(whole) },
    { name: 'ElevenLabs SDK', ...(isLong ? tooLong : elevenLabs(whole)) },
    { name: 'OpenAI SDK', ...(isLong ? tooLong : openAi(whole)) },
  ]
}

type Whole = SampleOptions & { asked: SpeakRequest }

const routeOf = ({ baseUrl, isLong }: Whole) =>
  `${baseUrl}${isLong ? '/api/scripts' : '/api/agents/vocalize'}`

function curl(whole: Whole) {
  const lines = [
    `curl -s ${shellWord(routeOf(whole))}`,
    ...(whole.needsKey ? [`-H "Authorization: Bearer $${KEY}"`] : []),
    `-d '${inShellQuotes(visible(JSON.stringify(whole.asked)))}'`,
  ]
  return { code: lines.join(' \\\n  '), textInCode: inShellQuotes(inside(whole.asked.text)) }
}

function javaScript(whole: Whole) {
  const headers = [
    "'Content-Type': 'application/json'",
    ...(whole.needsKey ? [`Authorization: \`Bearer \${process.env.${KEY}}\``] : []),
  ]
  const code = `const response = await fetch(${literal(routeOf(whole))}, {
  method: 'POST',
  headers: { ${headers.join(', ')} },
  body: JSON.stringify(${javaScriptOf(whole.asked, '  ')}),
})
const { data } = await response.json()
console.log(${whole.isLong ? 'data.url' : 'data.audioUrl'})`
  return { code, textInCode: inside(whole.asked.text) }
}

function python(whole: Whole) {
  const key = `    headers={"Authorization": f"Bearer {os.environ['${KEY}']}"},\n`
  const code = `${whole.needsKey ? 'import os\n\n' : ''}import requests

response = requests.post(
    ${literal(routeOf(whole))},
${whole.needsKey ? key : ''}    json=${pythonOf(whole.asked, '    ')},
)
response.raise_for_status()
print(response.json()["data"]["${whole.isLong ? 'url' : 'audioUrl'}"])`
  return { code, textInCode: inside(whole.asked.text) }
}

const sdkKey = ({ needsKey }: Whole) => (needsKey ? `process.env.${KEY}` : "'none'")

function elevenLabs(whole: Whole) {
  const { voiceId, instructions, ...asked } = whole.asked
  const code = `import { writeFile } from 'node:fs/promises'
import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js'

const client = new ElevenLabsClient({ baseUrl: ${literal(whole.baseUrl)}, apiKey: ${sdkKey(whole)} })
const audio = await client.textToSpeech.convert(${literal(voiceId)}, ${javaScriptOf(asked, '')})
await writeFile(${literal(fileName(whole.asked))}, audio)`
  return { code, textInCode: inside(asked.text), ...lacking('ElevenLabs', { instructions }) }
}

/** What OpenAI's names of formats stand for here. */
const openAiFormats: Record<string, string> = {
  mp3: 'mp3_44100_128',
  opus: 'opus_48000_96',
  wav: 'wav_24000',
}

function openAi(whole: Whole) {
  const { text, voiceId, modelId, outputFormat, instructions, voiceSettings = {}, ...others } = whole.asked
  const { speed, ...ownSettings } = voiceSettings
  const codec = outputFormat?.split('_')[0] ?? ''
  const body = {
    model: modelId ?? whole.defaultModelId,
    voice: voiceId,
    input: text,
    ...(codec in openAiFormats && { response_format: codec }),
    ...(speed !== undefined && { speed }),
    ...(instructions !== undefined && { instructions }),
  }
  const rates = outputFormat && openAiFormats[codec] !== outputFormat ? outputFormat : undefined
  const code = `import { writeFile } from 'node:fs/promises'
import OpenAI from 'openai'

const client = new OpenAI({ baseURL: ${literal(`${whole.baseUrl}/v1`)}, apiKey: ${sdkKey(whole)} })
const speech = await client.audio.speech.create(${javaScriptOf(body, '')})
await writeFile(${literal(fileName(whole.asked))}, Buffer.from(await speech.arrayBuffer()))`
  const untold = { ...others, ...ownSettings, 'rates of the format': rates }
  return { code, textInCode: inside(text), ...lacking('OpenAI', untold) }
}

/** Says what an API has no field for. */
function lacking(api: string, fields: object) {
  const names = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
  if (names.length === 0) return {}
  return { note: `The API of ${api} has no ${names.join(', ')}: by this way the voice keeps its own.` }
}

function fileName({ outputFormat = 'mp3' }: SpeakRequest): string {
  const codec = outputFormat.split('_')[0]
  return `clip.${codec === 'opus' ? 'ogg' : codec}`
}

/** Characters that reorder or break lines unseen, so that code would look like other code. */
const unseen = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const visible = (json: string) =>
  json.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A string in JSON, JavaScript and Python alike. */
const literal = (text: string) => visible(JSON.stringify(text.toWellFormed()))

const inside = (text: string) => literal(text).slice(1, -1)

/** Within single quotes a POSIX shell gives a meaning to nothing but the quote itself. */
const inShellQuotes = (text: string) => text.replaceAll("'", String.raw`'\''`)

const shellWord = (text: string) => (/^[\w:/.@%+=-]+$/.test(text) ? text : `'${inShellQuotes(text)}'`)

function javaScriptOf(value: unknown, indent: string): string {
  if (typeof value === 'string') return literal(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const lines = fields.map(([name, field]) => `${indent}  ${name}: ${javaScriptOf(field, `${indent}  `)},\n`)
  return `{\n${lines.join('')}${indent}}`
}

function pythonOf(value: unknown, indent: string): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return literal(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const lines = fields.map(
    ([name, field]) => `${indent}    "${name}": ${pythonOf(field, `${indent}    `)},\n`,
  )
  return `{\n${lines.join('')}${indent}}`
}

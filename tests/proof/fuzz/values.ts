import fc from 'fast-check'
import type { Json } from '../../support/json.ts'

const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')

/** Texts that have broken programs before. */
export const oddTexts = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  'undefined',
  'true',
  'NaN',
  '1e999',
  '__proto__',
  'constructor',
  'toString',
  '..',
  '../../etc/passwd',
  '%',
  '%00',
  '%ff%fe',
  '%c0%af',
  '%0d%0aX-Injected: 1',
  '\r\nX-Injected: 1\r\n',
  '\u0000',
  controls,
  '\ufeff',
  '\u202e',
  '💩',
  '\ud800',
  'a'.repeat(65),
  'x'.repeat(5001),
  "' OR 1=1 --",
  '"><script>',
  '{{7*7}}',
  '/',
  '//',
  '\\',
  'http://elsewhere.example/',
  'odd',
  'slt',
  'George',
  'missing',
  'mp3_44100_128',
  'pcm_16000',
  'opus_48000_96',
  '9'.repeat(400),
  '-0',
  '0x10',
  '1,2',
  '*',
  '*/*;q=2',
]

export const oddText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...oddTexts) },
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)

/** Bytes as a text in `latin1`. */
export const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('latin1'))

export const oddJson: fc.Arbitrary<Json> = fc.oneof(
  oddText,
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    0.5,
    1e308,
    -0,
    [],
    {},
    [[]],
    { toString: 1 },
    { __proto__: null },
    2 ** 53,
  ),
  fc.jsonValue({ maxDepth: 3 }),
)

const spoken = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('Hello from the fuzzer', 'A second sentence') },
  { weight: 1, arbitrary: fc.nat({ max: 9999 }).map((number) => `Fresh ${number}`) },
  { weight: 1, arbitrary: fc.nat({ max: 9999 }).map((number) => `odd ${number}`) },
)
const voice = fc.constantFrom('slt', 'George')
/** What the schemas do not say: values that a vendor takes. */
const rightByName: Record<string, fc.Arbitrary<Json>> = {
  text: spoken,
  input: spoken,
  voiceId: voice,
  voice,
  modelId: fc.constant('eleven_flash_v2_5'),
  model_id: fc.constant('eleven_flash_v2_5'),
  languageCode: fc.constant('en'),
  language_code: fc.constant('en'),
  outputFormat: fc.constantFrom('mp3_44100_128', 'pcm_16000'),
}

/** A value for a JSON schema of the OpenAPI description: a right one most of the time. */
export function valueFor(schema: Json, schemas: Json, depth = 0): fc.Arbitrary<Json> {
  if (!schema || depth > 6) return oddJson
  const right = rightValueFor(schema, schemas, depth)
  return fc.oneof({ weight: 60, arbitrary: right }, { weight: 1, arbitrary: oddJson })
}

function rightValueFor(schema: Json, schemas: Json, depth: number): fc.Arbitrary<Json> {
  const of = (inner: Json) => valueFor(inner, schemas, depth + 1)
  if (schema.$ref) return of(schemas[schema.$ref.split('/').at(-1)])
  if (schema.example !== undefined || schema.examples)
    return fc.constant(schema.example ?? schema.examples[0])
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return fc.oneof(...choices.map(of))
  if (schema.allOf) return of(schema.allOf[0])
  const type = [schema.type].flat()[0]
  if (type === 'object') return objectFor(schema, of)
  if (type === 'array') return fc.array(of(schema.items), { maxLength: 4 })
  if (type === 'boolean') return fc.boolean()
  if (type === 'integer')
    return fc.integer({ min: Math.max(-10, schema.minimum ?? 0), max: Math.min(1e6, schema.maximum ?? 1e6) })
  if (type === 'number') return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 2, noNaN: true })
  return fc.oneof(fc.constantFrom('slt', 'George', 'Hello from the fuzzer', 'A second sentence'), oddText)
}

function objectFor({ properties = {}, required = [] }: Json, of: (schema: Json) => fc.Arbitrary<Json>) {
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, namedValue(name, of(inner))]),
  )
  const known = fc.record(model, { requiredKeys: required })
  const more = fc.oneof(
    { weight: 9, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.dictionary(oddText, oddJson, { maxKeys: 3 }) },
  )
  return fc.tuple(known, more).map(([value, extra]) => ({ ...extra, ...value }))
}

function namedValue(name: string, any: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const right = Object.hasOwn(rightByName, name) ? rightByName[name] : undefined
  return right ? fc.oneof({ weight: 30, arbitrary: right }, { weight: 1, arbitrary: any }) : any
}

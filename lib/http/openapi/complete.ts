import type { createDocument } from 'zod-openapi'
import { descriptions } from './descriptions.ts'
import { operationExamples, schemaExamples } from './examples.ts'

type Document = ReturnType<typeof createDocument>

/** As much of a JSON schema as is looked at here. */
interface Schema {
  $ref?: string
  description?: string
  properties?: Record<string, Schema>
  items?: Schema
  additionalProperties?: Schema | boolean
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}
interface Content {
  schema?: Schema
  example?: unknown
  examples?: unknown
}
interface Described {
  description?: string
  schema?: Schema
}
interface Operation {
  operationId?: string
  parameters?: (Described & { name: string })[]
  requestBody?: { content?: Record<string, Content> }
  responses?: Record<string, { headers?: Record<string, Described>; content?: Record<string, Content> }>
}

/** Gives each field and header of `document` that has none a description, and each answer in JSON an example. */
export function complete(document: Document): Document {
  const { paths = {}, webhooks = {}, components } = document
  for (const [name, schema] of Object.entries(components?.schemas ?? {})) {
    describeFields(schema as Schema, [name])
  }
  for (const path of [...Object.values(paths), ...Object.values(webhooks)]) {
    for (const operation of Object.values(path)) completeOperation(operation as Operation)
  }
  return document
}

function completeOperation({ operationId = '', parameters, requestBody, responses }: Operation) {
  for (const parameter of parameters ?? []) describe(parameter, parameter.name, ['query'])
  for (const [type, content] of Object.entries(requestBody?.content ?? {})) {
    describeFields(content.schema, [])
    addExample(content, type, operationId)
  }
  for (const [status, { headers, content }] of Object.entries(responses ?? {})) {
    for (const [name, header] of Object.entries(headers ?? {})) describe(header, name, [])
    for (const [type, answer] of Object.entries(content ?? {})) {
      describeFields(answer.schema, [])
      addExample(answer, type, status.startsWith('2') ? operationId : '')
    }
  }
}

function addExample(content: Content, type: string, operationId: string) {
  if (content.example !== undefined || content.examples !== undefined) return
  const ofSchema = schemaExamples[content.schema?.$ref?.split('/').at(-1) ?? '']
  const isText = /json|text\//.test(type)
  const example = ofSchema ?? (isText ? operationExamples[operationId] : undefined)
  if (example !== undefined) content.example = example
}

/** @param within the schema and the fields that this one stands in, the outermost first */
function describeFields(schema: Schema | undefined, within: string[]): void {
  if (!schema || schema.$ref) return
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    describe(field, name, within)
    describeFields(field, [...within, name])
  }
  const { items, additionalProperties, anyOf = [], oneOf = [], allOf = [] } = schema
  const named = typeof additionalProperties === 'object' ? [additionalProperties] : []
  for (const part of [...(items ? [items] : []), ...named, ...anyOf, ...oneOf, ...allOf]) {
    describeFields(part, within)
  }
}

function describe(field: Described, name: string, within: string[]) {
  if (field.description !== undefined || field.schema?.description !== undefined) return
  const owner = within.findLast((candidate) => `${candidate}.${name}` in descriptions)
  const description = descriptions[owner ? `${owner}.${name}` : name] ?? descriptions[camelCase(name)]
  if (description !== undefined) field.description = description
}

const camelCase = (name: string) => name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())

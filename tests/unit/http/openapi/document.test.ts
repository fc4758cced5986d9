import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, it } from 'vitest'
import { describeInterface } from '#lib/http/openapi/document.ts'
import { testServices } from '../../../support/services.ts'

/** As much of a JSON schema as is looked at here. */
interface Schema {
  $ref?: string
  description?: string
  minimum?: number
  maximum?: number
  properties?: Record<string, Schema>
  [part: string]: unknown
}

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const

it('every operation can serve as a tool: it has a name of its own, a summary and a description that says more', async () => {
  const { paths } = describeInterface((await testServices()).services)
  const operations = Object.values(paths ?? {}).flatMap((path) =>
    methods.flatMap((method) => path[method] ?? []),
  )
  expect(operations.length).toBeGreaterThan(20)
  const names = operations.map(({ operationId }) => operationId)
  expect(new Set(names).size).toBe(names.length)
  for (const { operationId, summary = '', description = '' } of operations) {
    // What vendors of models take as the name of a tool.
    expect(operationId).toMatch(/^[a-zA-Z][\w-]{2,63}$/)
    expect([operationId, summary.length > 10]).toEqual([operationId, true])
    expect([operationId, description.length > 40, description !== summary]).toEqual([operationId, true, true])
  }
})

it('every field, parameter and header has a description, and no bound that is not ours', async () => {
  const document = describeInterface((await testServices()).services)
  const missing: string[] = []
  const look = (value: unknown, at: string) => {
    if (typeof value !== 'object' || value === null) return
    const { properties, minimum, maximum, ...rest } = value as Schema
    if (minimum === Number.MIN_SAFE_INTEGER || maximum === Number.MAX_SAFE_INTEGER) missing.push(at)
    const isSchema = typeof properties === 'object'
    for (const [name, field] of Object.entries(isSchema ? properties : {})) {
      if (!field.description && !field.$ref) missing.push(`${at}.${name}`)
    }
    for (const { name, description } of (rest.parameters as { name: string; description?: string }[]) ?? []) {
      if (!description) missing.push(`${at} parameter ${name}`)
    }
    for (const [name, header] of Object.entries((rest.headers as Record<string, Schema>) ?? {})) {
      if (!header.description && !(header.schema as Schema)?.description) missing.push(`${at} header ${name}`)
    }
    const { example: _, examples: __, ...parts } = value as Schema
    for (const [name, part] of Object.entries(parts)) look(part, `${at}/${name}`)
  }
  look(document, '')
  expect(missing).toEqual([])
})

it('every body has a schema, and those in JSON an example that fits it', async () => {
  const document = describeInterface((await testServices()).services)
  const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }))
  ajv.addSchema({ $id: 'document', components: document.components })
  const wrong: string[] = []
  const checks = new Map<string, ValidateFunction>()
  const checkOf = (schema: object = {}) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"document#/')
    const known = checks.get(text) ?? ajv.compile(JSON.parse(text))
    checks.set(text, known)
    return known
  }
  const check = (at: string, contents: Record<string, MediaType> = {}) => {
    for (const [type, { schema, example }] of Object.entries(contents)) {
      // A generator of clients types the whole answer as unknown where one of its forms is.
      if (schema === undefined) wrong.push(`${at} ${type} has no schema`)
      if (!/json$/.test(type)) continue
      const validate = checkOf(schema)
      if (example === undefined) wrong.push(`${at} ${type} has none`)
      else if (!validate(example)) wrong.push(`${at} ${type}: ${ajv.errorsText(validate.errors)}`)
    }
  }
  const operations = [document.paths, document.webhooks].flatMap((paths) =>
    Object.values(paths ?? {}).flatMap((path) => Object.values(path) as Operation[]),
  )
  expect(operations.length).toBeGreaterThan(30)
  for (const { operationId, requestBody, responses } of operations) {
    check(`${operationId} body`, requestBody?.content)
    for (const [status, { content }] of Object.entries(responses)) check(`${operationId} ${status}`, content)
  }
  expect(wrong).toEqual([])
})

interface MediaType {
  schema?: object
  example?: unknown
}
interface Operation {
  operationId: string
  requestBody?: { content?: Record<string, MediaType> }
  responses: Record<string, { content?: Record<string, MediaType> }>
}

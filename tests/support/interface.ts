import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json } from './json.ts'

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete']

/** The service's own description of its interface, held against what it answers. */
export interface Interface {
  operationIds: string[]
  /** What is wrong with an answer of an operation; empty where nothing is. */
  check(operationId: string, response: Response): Promise<string[]>
}

/** What an independent linter has to say, by its strictest set of rules. */
export async function lint(document: unknown): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const problems = await lintFromString({ source: JSON.stringify(document), config })
  return (
    problems
      // The address of a service under test is that of this machine.
      .filter(({ ruleId }) => ruleId !== 'no-server-example.com')
      .map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`)
  )
}

export function readInterface(document: Json): Interface {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema(document, 'document')
  const operations = new Map<string, { operation: Json; pointer: string }>()
  for (const [path, item] of Object.entries<Json>(document.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const pointer = ['paths', path, method].map(pointerPart).join('/')
      operations.set(item[method].operationId, { operation: item[method], pointer: `document#/${pointer}` })
    }
  }

  return {
    operationIds: [...operations.keys()],
    async check(operationId, response) {
      const { operation, pointer } = operations.get(operationId) ?? fail(operationId)
      const described = operation.responses[response.status]
      if (!described) return [`${operationId}: ${response.status} is not described`]
      const type = response.headers.get('content-type')?.split(';')[0]
      if (!type || response.status === 204) return []
      if (!described.content?.[type])
        return [`${operationId}: ${response.status} with ${type} is not described`]
      if (!type.endsWith('json')) return []
      const rest = ['responses', String(response.status), 'content', type, 'schema']
        .map(pointerPart)
        .join('/')
      const validate = ajv.compile({ $ref: `${pointer}/${rest}` })
      return validate(await response.json()) ? [] : [`${operationId}: ${ajv.errorsText(validate.errors)}`]
    },
  }
}

const pointerPart = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

function fail(operationId: string): never {
  throw new Error(`There is no operation ${operationId}`)
}

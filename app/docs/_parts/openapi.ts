/** As much of the OpenAPI description as the reference shows. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  format?: string
  description?: string
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  anyOf?: Schema[]
  oneOf?: Schema[]
}
export interface Content {
  schema?: Schema
  example?: unknown
}
export interface Field {
  name: string
  in?: string
  required?: boolean
  description?: string
  schema?: Schema
}
interface Answer {
  description: string
  headers?: Record<string, Omit<Field, 'name'>>
  content?: Record<string, Content>
}
interface OperationObject {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  security?: Record<string, unknown>[]
  parameters?: Field[]
  requestBody?: { content: Record<string, Content> }
  responses: Record<string, Answer>
}
export interface Operation extends OperationObject {
  method: string
  path: string
}
export interface OpenApi {
  info: { version: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, OperationObject>>
  webhooks: Record<string, Record<string, OperationObject>>
  components: {
    schemas: Record<string, Schema>
    securitySchemes: Record<string, { scheme?: string; name?: string; description: string }>
  }
}

/** All operations, in the order of the description. */
export function operationsOf(paths: OpenApi['paths']): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, method, path })),
  )
}

export const schemaName = ({ $ref }: Schema): string | undefined => $ref?.split('/').at(-1)

/** What a value looks like, in a few words. */
export function typeOf(schema: Schema = {}): string {
  const name = schemaName(schema)
  if (name) return name
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return 'one of'
  // An optional field may be null as well; that says nothing new.
  const parts = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== 'null').map(typeOf)
  if (parts) return [...new Set(parts)].join(' or ')
  if (schema.items) return `list of ${typeOf(schema.items)}`
  const types = [schema.type ?? 'any'].flat()
  return types.join(' or ') + (schema.format === 'date-time' ? ', a time' : '')
}

/** What is allowed of it, in a few words; empty where everything is. */
export function boundsOf(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength, maxItems, default: usual } = schema
  const bounds = [
    minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : undefined,
    minimum !== undefined && maximum === undefined ? `at least ${minimum}` : undefined,
    minimum === undefined && maximum !== undefined ? `at most ${maximum}` : undefined,
    minLength !== undefined && minLength > 1 ? `at least ${minLength} characters` : undefined,
    maxLength !== undefined ? `at most ${maxLength} characters` : undefined,
    maxItems !== undefined ? `at most ${maxItems}` : undefined,
    usual !== undefined ? `by default ${JSON.stringify(usual)}` : undefined,
  ]
  return bounds.filter((bound) => bound !== undefined).join(', ')
}

/** A command that sends the example of `operation` to the service at `baseUrl`. */
export function curlOf(
  { method, path, requestBody, security, responses }: Operation,
  baseUrl: string,
): string {
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const isStream = Object.values(responses).some(({ content }) =>
    Object.keys(content ?? {}).some((name) => name === 'text/event-stream' || name.startsWith('audio/')),
  )
  const url = `${baseUrl}${path.replace(/\{(\w+)\}/g, '<$1>')}`
  const needsKey = security?.length && security.every((way) => Object.keys(way).length > 0)
  const options = [
    method === 'head' ? '-I' : undefined,
    method === 'get' || method === 'head' || (method === 'post' && body)
      ? undefined
      : `-X ${method.toUpperCase()}`,
    needsKey ? `-H "Authorization: Bearer $KEY"` : undefined,
    type && body?.example !== undefined ? `-d ${quoted(JSON.stringify(body.example))}` : undefined,
  ].filter((option) => option !== undefined)
  const command = `curl -s${isStream ? 'N' : ''} ${quoted(url)}`
  return [command, ...options].join(' \\\n  ')
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

import { CodeBlock } from './code-block.tsx'
import { InlineMarkdown } from './markdown.tsx'
import { type Content, curlOf, type OpenApi, type Operation, schemaName } from './openapi.ts'
import styles from './reference.module.css'
import { Fields, SchemaFields } from './schema-fields.tsx'

interface Props {
  operation: Operation
  schemes: OpenApi['components']['securitySchemes']
  /** What the command of the example begins with; `undefined` where the service is the one that calls. */
  baseUrl: string | undefined
}

/** All about one operation: what it takes, what it answers, and an example of both. */
export function OperationView({ operation, schemes, baseUrl }: Props) {
  const { operationId, summary, description, method, path, parameters, requestBody, responses } = operation
  const succeeded = Object.entries(responses).filter(([status]) => Number(status) < 400)
  const failed = Object.entries(responses).filter(([status]) => Number(status) >= 400)
  const body = Object.values(requestBody?.content ?? {})[0]
  const answer = succeeded.flatMap(([, { content }]) => Object.values(content ?? {})).find(hasExample)
  return (
    <section className={styles.operation} aria-labelledby={operationId}>
      <h3 id={operationId}>
        <a href={`#${operationId}`}>{summary}</a>
      </h3>
      <p className={styles.route}>
        <span className={styles.method}>{method.toUpperCase()}</span> <code>{path}</code>
      </p>
      {description && (
        <p>
          <InlineMarkdown text={description} />
        </p>
      )}
      <Access operation={operation} schemes={schemes} />
      {parameters && parameters.length > 0 && (
        <>
          <h4>Parameters</h4>
          <Fields fields={parameters} />
        </>
      )}
      {body && (
        <>
          <h4>{baseUrl === undefined ? 'What is sent' : 'Body'}</h4>
          <SchemaLink content={body} />
          <SchemaFields schema={body.schema} />
        </>
      )}
      <h4>Answers</h4>
      <dl className={styles.answers}>
        {succeeded.map(([status, { description: meaning, content }]) => (
          <div key={status}>
            <dt>{status}</dt>
            <dd>
              <InlineMarkdown text={meaning} />
              <span className={styles.type}>{typesOf(content)}</span>
            </dd>
          </div>
        ))}
        {failed.map(([status, { description: codes }]) => (
          <div key={status}>
            <dt>{status}</dt>
            <dd>
              <InlineMarkdown text={codes} />
            </dd>
          </div>
        ))}
      </dl>
      {baseUrl !== undefined && (
        <>
          <h4>Example</h4>
          <CodeBlock text={curlOf(operation, baseUrl)} language="sh" name="command" />
        </>
      )}
      {body && baseUrl === undefined && <Example content={body} />}
      {answer && baseUrl !== undefined && <Example content={answer} />}
    </section>
  )
}

function Access({
  operation: { security = [] },
  schemes,
}: Pick<Props, 'schemes'> & { operation: Operation }) {
  const ways = security.flatMap((way) => Object.keys(way))
  if (ways.length === 0) return null
  const isOptional = security.some((way) => Object.keys(way).length === 0)
  const text = ways.map((way) => schemes[way]?.description ?? way).join(' ')
  return (
    <p className={styles.access}>
      {isOptional ? 'A key is optional: ' : 'Needs a key: '}
      <InlineMarkdown text={text} />
    </p>
  )
}

function SchemaLink({ content: { schema } }: { content: Content }) {
  const name: string | undefined = schemaName(schema ?? {})
  return name ? (
    <p>
      <a href={`#schema-${name}`}>{name}</a>
    </p>
  ) : null
}

function Example({ content: { example, schema } }: { content: Content }) {
  const text = typeof example === 'string' ? example.trimEnd() : JSON.stringify(example, null, 2)
  const name: string | undefined = schemaName(schema ?? {})
  return (
    <>
      {name && (
        <p className={styles.type}>
          Its fields: <a href={`#schema-${name}`}>{name}</a>
        </p>
      )}
      <CodeBlock text={text} language="json" name="example" />
    </>
  )
}

const hasExample = ({ example }: Content) => example !== undefined

const typesOf = (content: Record<string, Content> = {}) => Object.keys(content).join(', ')

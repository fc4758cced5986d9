import type { Metadata } from 'next'
import { describeInterface } from '#lib/http/openapi/document.ts'
import { getService } from '#lib/http/service.ts'
import { pageBaseUrl } from '../../_shared/base-url.ts'
import { type OpenApi, operationsOf } from '../_parts/openapi.ts'
import { OperationView } from '../_parts/operation-view.tsx'
import styles from '../_parts/reference.module.css'
import { SchemaFields } from '../_parts/schema-fields.tsx'

export const metadata: Metadata = {
  title: 'API reference',
  description: 'Every operation of the service, with its parameters, answers and errors',
}

/** The OpenAPI description for people, made on the server: nothing of it has to be loaded before it can be read. */
export default async function ReferencePage() {
  const { tags, paths, webhooks, components, info } = describeInterface(
    getService().services,
  ) as unknown as OpenApi
  const baseUrl = await pageBaseUrl()
  const operations = operationsOf(paths)
  const events = operationsOf(webhooks)
  const schemes = components.securitySchemes
  return (
    <div className={styles.reference}>
      <h1>API reference</h1>
      <p>
        Version {info.version}, as <a href="/api/openapi.json">OpenAPI 3.1</a>. Errors of every operation are
        problem documents: <a href="/docs/guides/errors">errors</a>.
      </p>
      <nav aria-label="Operations" className={styles.index}>
        {tags.map(({ name }) => (
          <section key={name}>
            <h2>{name}</h2>
            <ul>
              {operations
                .filter(({ tags: of }) => of.includes(name))
                .map(({ operationId, summary }) => (
                  <li key={operationId}>
                    <a href={`#${operationId}`}>{summary}</a>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </nav>
      {tags.map(({ name, description }) => (
        <section key={name} aria-labelledby={`tag-${name}`}>
          <h2 id={`tag-${name}`}>{name}</h2>
          <p>{description}</p>
          {operations
            .filter(({ tags: of }) => of.includes(name))
            .map((operation) => (
              <OperationView
                key={operation.operationId}
                operation={operation}
                schemes={schemes}
                baseUrl={baseUrl}
              />
            ))}
        </section>
      ))}
      <section aria-labelledby="webhooks">
        <h2 id="webhooks">Webhooks</h2>
        <p>
          What the service itself sends to <code>WEBHOOK_URL</code>:{' '}
          <a href="/docs/guides/webhooks">webhooks</a>.
        </p>
        {events.map((operation) => (
          <OperationView
            key={operation.operationId}
            operation={operation}
            schemes={schemes}
            baseUrl={undefined}
          />
        ))}
      </section>
      <section aria-labelledby="schemas">
        <h2 id="schemas">Objects</h2>
        {Object.entries(components.schemas).map(([name, schema]) => (
          <section key={name} className={styles.operation} aria-labelledby={`schema-${name}`}>
            <h3 id={`schema-${name}`}>{name}</h3>
            <SchemaFields schema={schema} />
          </section>
        ))}
      </section>
    </div>
  )
}

import { InlineMarkdown } from './markdown.tsx'
import { boundsOf, type Field, type Schema, schemaName, typeOf } from './openapi.ts'
import styles from './reference.module.css'

/** The fields of an object, or of each form that it can have. */
export function SchemaFields({ schema = {} }: { schema?: Schema | undefined }) {
  const forms = objectsIn(schema)
  return forms.map((form, index) => (
    <div key={Object.keys(form.properties ?? {}).join()}>
      {forms.length > 1 && <p className={styles.form}>{index === 0 ? 'Either' : 'Or'}</p>}
      <Fields
        fields={Object.entries(form.properties ?? {}).map(([name, field]) => ({
          name,
          schema: field,
          required: form.required?.includes(name) ?? false,
        }))}
      />
    </div>
  ))
}

/** Fields, parameters or headers. */
export function Fields({ fields }: { fields: Field[] }) {
  return (
    <dl className={styles.fields}>
      {fields.map((field) => (
        <FieldRow key={`${field.in}-${field.name}`} {...field} />
      ))}
    </dl>
  )
}

function FieldRow({ name, in: place, required, description, schema = {} }: Field) {
  const given = schema.anyOf?.find((part) => part.type !== 'null') ?? schema
  const values = given.enum ?? given.items?.enum
  const bounds = boundsOf(given)
  const text = description ?? schema.description
  const nested = objectsIn(schema)
  return (
    <div className={styles.field}>
      <dt>
        <code>{name}</code>
        <span className={styles.type}>
          {schemaName(schema) ? (
            <a href={`#schema-${schemaName(schema)}`}>{typeOf(schema)}</a>
          ) : (
            typeOf(schema)
          )}
          {place && `, ${place}`}
        </span>
        {required && <span className={styles.required}>required</span>}
      </dt>
      <dd>
        {text && (
          <p>
            <InlineMarkdown text={text} />
          </p>
        )}
        {bounds && <p className={styles.bounds}>{bounds}</p>}
        {values && <Values values={values} />}
        {nested.length > 0 && (
          <details>
            <summary>Fields of {name}</summary>
            <SchemaFields schema={schema} />
          </details>
        )}
      </dd>
    </div>
  )
}

const SHOWN_VALUES = 12

function Values({ values }: { values: unknown[] }) {
  const list = values.map((value) => <code key={String(value)}>{String(value)}</code>)
  if (values.length <= SHOWN_VALUES) return <p className={styles.values}>{list}</p>
  return (
    <details>
      <summary>{values.length} values</summary>
      <p className={styles.values}>{list}</p>
    </details>
  )
}

/** The objects that `schema` can be, or its items; those with a name of their own are shown elsewhere. */
function objectsIn(schema: Schema): Schema[] {
  if (schema.$ref) return []
  if (schema.properties) return [schema]
  if (schema.items) return objectsIn(schema.items)
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap(objectsIn)
}

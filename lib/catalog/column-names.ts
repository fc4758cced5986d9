import { CamelCasePlugin, type PluginTransformQueryArgs } from 'kysely'

/**
 * Names are in camel case here and in snake case in the database. Kysely's own plugin copies the tree of each query to
 * rename what is in it. Here the compilers do that as they write the names (`asColumnName`). Rows are renamed by this plugin
 * with Postgres, and as they are read with SQLite (`asPropertyName`).
 */
class CamelCaseRows extends CamelCasePlugin {
  override transformQuery({ node }: PluginTransformQueryArgs) {
    return node
  }
  columnName(property: string) {
    return this.snakeCase(property)
  }
  propertyName(column: string) {
    return this.camelCase(column)
  }
}

export const camelCaseRows = new CamelCaseRows()

/** The name of a table or a column in the database. */
export const asColumnName = (identifier: string) => camelCaseRows.columnName(identifier)

/** The name that a column has here. */
export const asPropertyName = (column: string) => camelCaseRows.propertyName(column)

import { CamelCasePlugin, type PluginTransformQueryArgs } from 'kysely'

/**
 * Names are in camel case here and in snake case in the database. Kysely's own plugin copies the tree of each query to
 * rename what is in it; here the compilers do that as they write the names (`asColumnName`), and the plugin renames rows.
 */
class CamelCaseRows extends CamelCasePlugin {
  override transformQuery({ node }: PluginTransformQueryArgs) {
    return node
  }
  nameOf(identifier: string) {
    return this.snakeCase(identifier)
  }
}

export const camelCaseRows = new CamelCaseRows()

/** The name of a table or a column in the database. */
export const asColumnName = (identifier: string) => camelCaseRows.nameOf(identifier)

/** Where databases differ so much that a migration has to know. */
export type Dialect = 'sqlite' | 'postgres'

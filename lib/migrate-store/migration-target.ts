import type { Config } from '#lib/config/index.ts'

/** Where a copy goes: a database, a bucket, or both. */
export type MigrationTarget = Pick<Config, 'databaseUrl' | 's3' | 'reuse'>

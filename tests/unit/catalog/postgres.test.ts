import { describe } from 'vitest'
import { describeCatalog } from './catalog-conformance.ts'
import { hasPostgres, postgresSubject } from './postgres-subject.ts'

describe.skipIf(!hasPostgres)('with a real server', () => {
  describeCatalog(postgresSubject())
})

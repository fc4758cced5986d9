import { expect, it } from 'vitest'
import { describeInterface } from '#lib/http/openapi/document.ts'
import { testServices } from '../../../support/services.ts'

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const

it('every operation can serve as a tool: it has a name of its own, a summary and a description that says more', async () => {
  const { paths } = describeInterface((await testServices()).services)
  const operations = Object.values(paths ?? {}).flatMap((path) =>
    methods.flatMap((method) => path[method] ?? []),
  )
  expect(operations.length).toBeGreaterThan(20)
  const names = operations.map(({ operationId }) => operationId)
  expect(new Set(names).size).toBe(names.length)
  for (const { operationId, summary = '', description = '' } of operations) {
    // What vendors of models take as the name of a tool.
    expect(operationId).toMatch(/^[a-zA-Z][\w-]{2,63}$/)
    expect([operationId, summary.length > 10]).toEqual([operationId, true])
    expect([operationId, description.length > 40, description !== summary]).toEqual([operationId, true, true])
  }
})

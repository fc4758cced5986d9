import { expect, it } from 'vitest'
import { documentSections } from '#lib/http/documents.ts'

it('the documentation has each page where its readers look, and only those on its inside at the end', async () => {
  const sections = await documentSections()
  expect(sections.at(-1)?.pages.map(({ name }) => name)).toEqual(['claims.md', 'design.md', 'performance.md'])
  expect(sections.find(({ title }) => title === 'Follow and keep')?.pages.map(({ name }) => name)).toContain(
    'clip-pages.md',
  )
})

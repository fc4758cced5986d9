import { readPages, textAnswer } from '#lib/http/documents.ts'

export const dynamic = 'force-static'
// Whatever else is asked for is not found.
export const dynamicParams = false

export const generateStaticParams = async () => (await readPages()).map(({ name }) => ({ page: name }))

export async function GET(_request: Request, { params }: { params: Promise<{ page: string }> }) {
  const { page: name } = await params
  const page = (await readPages()).find((page) => page.name === name)
  return page ? textAnswer(page.text, 'markdown') : new Response('Not found\n', { status: 404 })
}

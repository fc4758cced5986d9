import { documentNamed, textAnswer } from '#lib/http/documents.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

/** The pages of the documentation as they are written, for programs; people read them under `/docs/guides/`. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request) {
    const name = nameIn(request.url)
    if (/^[a-z-]+$/.test(name) && (await documentNamed(`${name}.md`))) {
      return new Response(null, { status: 308, headers: { Location: `/docs/guides/${name}` } })
    }
    return textAnswer((await documentNamed(name)).text, 'markdown')
  },
})

const nameIn = (url: string) => new URL(url).pathname.split('/')[2] ?? ''

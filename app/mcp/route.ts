import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'
// The upload goes on after the answer was sent.
export const maxDuration = 300

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async POST(request, context) {
    // Its library takes a quarter of a second to load, and 13 MB: only where somebody speaks MCP.
    const { answerMcp } = await import('#lib/http/mcp/answer-mcp.ts')
    return answerMcp(request, context)
  },
})

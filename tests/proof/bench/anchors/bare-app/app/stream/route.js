import { speak } from '../../vendors.js'

export const dynamic = 'force-dynamic'

export async function POST(request) {
  const { body } = await speak(request, { isStreamed: true })
  return new Response(body, { headers: { 'content-type': 'audio/mpeg' } })
}

import { readFile } from 'node:fs/promises'
import path from 'node:path'

export const dynamic = 'force-dynamic'

export async function GET(_request, { params }) {
  const { name } = await params
  const bytes = await readFile(path.join(/* turbopackIgnore: true */ process.env.BENCH_FILES, name))
  return new Response(bytes, { headers: { 'content-type': 'audio/mpeg' } })
}

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'

export const dynamic = 'force-dynamic'

const FILE = 'node_modules/@scalar/api-reference/dist/browser/standalone.js'

/** The script of the API reference as its makers built it: bundled with ours it would take half a minute a build. */
export async function GET(): Promise<Response> {
  const file = path.join(process.cwd(), FILE)
  const { mtimeMs } = await stat(file)
  return new Response(Readable.toWeb(createReadStream(file)) as ReadableStream, {
    headers: {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control': 'public, max-age=86400',
      'Last-Modified': new Date(mtimeMs).toUTCString(),
      'X-Content-Type-Options': 'nosniff',
    },
  })
}

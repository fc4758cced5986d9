import { pieceAnswers, scriptAnswer } from '#lib/http/answers/script.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { requireScript } from '#lib/http/require-script.ts'
import type { Handler } from '#lib/http/respond.ts'
import { defineRoute } from '#lib/http/route.ts'
import { cancelScript } from '#lib/scripts/cancel-script.ts'
import { readScript, type ScriptProgress } from '#lib/scripts/watch-script.ts'

export const dynamic = 'force-dynamic'

const answer: Handler = async (request, context) => {
  const { services } = context
  let progress = await requireScript(request, context)
  const { id } = progress.script
  if (request.method === 'DELETE') {
    await cancelScript(services, progress.script)
    progress = (await readScript(services, id)) as ScriptProgress
  }
  const pieces = pieceAnswers(await services.catalog.scripts.piecesOf(id))
  const data = { ...scriptAnswer(progress, publicBaseUrl(services.config, request)), pieces }
  return jsonResponse({ success: true, data }, { headers: { 'Cache-Control': 'no-store' } })
}

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({ GET: answer, DELETE: answer })

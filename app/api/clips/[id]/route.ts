import { deleteClip } from '#lib/clips/delete-clip.ts'
import { afterAnswer } from '#lib/http/after-answer.ts'
import { clipAnswer } from '#lib/http/answers/clip.ts'
import { deletedAnswer } from '#lib/http/answers/deletion.ts'
import { notesAnswer } from '#lib/http/answers/notes.ts'
import { identifyOwner, isOwn, maySeeNotes } from '#lib/http/clip-owner.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { requireClip } from '#lib/http/require-clip.ts'
import { defineRoute } from '#lib/http/route.ts'
import { getService } from '#lib/http/service.ts'
import { ServiceError } from '#lib/model/errors.ts'

export const dynamic = 'force-dynamic'
// What could not be deleted at once is tried again behind the answer.
export const maxDuration = 300

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, context) {
    const { services } = context
    const history = await requireClip(request, services)
    const notes = (await maySeeNotes(request, context, history.clip)) ? notesAnswer(history.clip) : {}
    const data = { ...clipAnswer(history, publicBaseUrl(services.config, request)), ...notes }
    return jsonResponse({ success: true, data }, { headers: { 'Cache-Control': 'no-store' } })
  },
  async DELETE(request, context) {
    const { services } = context
    getService().refuseWhileStopping()
    const owner = await identifyOwner(request, context)
    const { clip } = await requireClip(request, services, { evenDeleted: true })
    if (!isOwn(clip, owner)) {
      const message =
        'This clip was made by another key, or by none: only that key or the operator deletes it'
      throw new ServiceError('forbidden', message)
    }
    const answer = deletedAnswer(await deleteClip(services, clip.id, owner.by))
    afterAnswer(request, () => getService().afterWork())
    const status = answer.data.state === 'deleted' ? 200 : 202
    return jsonResponse(answer, { status, headers: { 'Cache-Control': 'no-store' } })
  },
})

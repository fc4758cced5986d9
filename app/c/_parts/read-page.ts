import { cache } from 'react'
import { clipPage } from '#lib/http/answers/clip-page.ts'
import { problemOf } from '#lib/http/problem.ts'
import { getService } from '#lib/http/service.ts'
import type { ErrorCode } from '#lib/model/errors.ts'
import { describeError } from '#lib/platform/errors.ts'
import { pageBaseUrl } from '../../_shared/base-url.ts'

export type PageOfClip = Awaited<ReturnType<typeof clipPage>> & { baseUrl: string }
type ReadPage = { page: PageOfClip; problem?: undefined } | { page?: undefined; problem: ErrorCode }

/** What the page of a clip shows, or why there is nothing to show. `name`: its id or a CID. Read once a request. */
export const readPage = cache(async (name: string): Promise<ReadPage> => {
  const { services } = getService()
  const baseUrl = await pageBaseUrl()
  try {
    return { page: { ...(await clipPage(services, name, baseUrl)), baseUrl } }
  } catch (error) {
    const { status, body } = problemOf(error, '')
    if (status >= 500) services.log.error({ error: describeError(error) }, 'The page of a clip has failed')
    return { problem: body.code }
  }
})

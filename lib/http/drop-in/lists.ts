import type { Services } from '#lib/context.ts'
import { identifyCaller } from '#lib/http/admission.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import type { Problem } from '#lib/http/problem.ts'
import { defineRoute } from '#lib/http/route.ts'

interface Asked {
  services: Services
  url: URL
  headers: Headers
  /** As rate limits and budgets know callers. */
  caller: string
}

/** The exports of a route with something to look up, for whoever may have texts spoken. */
export function defineList(read: (asked: Asked) => Promise<unknown>, render: (problem: Problem) => Response) {
  return defineRoute(
    {
      async GET(request, context) {
        const caller = await identifyCaller(request, context)
        const { services } = context
        return jsonResponse(
          await read({ services, url: new URL(request.url), headers: request.headers, caller }),
        )
      },
    },
    { render },
  )
}

/** The last part of a path. */
export const nameIn = ({ pathname }: URL) => decodeURIComponent(pathname.split('/').at(-1) ?? '')

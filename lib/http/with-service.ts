import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { problem, problemResponse, requestIdOf } from './problem.ts'
import { getService, type Service } from './service.ts'

/**
 * Answers a request by the service of this process. Where it cannot run as it is configured every request is told so:
 * a serverless platform has no start that could be refused.
 */
export async function withService(
  request: Request,
  answer: (service: Service) => Response | Promise<Response>,
): Promise<Response> {
  let service: Service
  try {
    service = getService()
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause
    const refusal = new ServiceError('misconfigured', describeConfigError(cause), { cause })
    return problemResponse(problem(refusal, requestIdOf(request.headers.get('X-Request-Id'))))
  }
  return answer(service)
}

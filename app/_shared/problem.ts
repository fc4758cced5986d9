import { markedError } from '#lib/platform/errors.ts'

/** What the service says when it refuses (RFC 9457), as far as the pages show it. */
export interface Problem {
  status: number
  title?: string
  detail: string
  code?: string
  requestId?: string
  errors?: { path: string; message: string }[]
}

/** A request that was refused. `message` is fit to be shown. */
export class ProblemError extends markedError('ProblemError') {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Reads the problem document of a refused request; one that came from elsewhere, such as a proxy, is put in words. */
export async function readProblem(response: Response): Promise<ProblemError> {
  const fallback = { status: response.status, detail: `The service answered ${response.status}` }
  const body: Partial<Problem> = await response.json().catch(() => ({}))
  return new ProblemError({ ...fallback, ...body })
}

/** What to tell of anything that was thrown by a request. */
export function asProblem(error: unknown): Problem {
  if (ProblemError.isInstance(error)) return error.problem
  const detail = navigator.onLine ? 'The service did not answer; is it running?' : 'This device is offline'
  return { status: 0, title: 'No answer', detail }
}

import { markedError } from '#lib/platform/errors.ts'

/** The problem document of a refused request (RFC 9457), as far as the pages show it. */
export interface Problem {
  status: number
  title?: string
  detail: string
  code?: string
  requestId?: string
  errors?: { path: string; message: string }[]
  /** When the same request may succeed, in milliseconds since the epoch. */
  retryAt?: number
}

/** A request that was refused. `message` can be shown to the reader. */
export class ProblemError extends markedError('ProblemError') {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Reads the problem document of a refused request, or makes one where a proxy has answered without. */
export async function readProblem(response: Response): Promise<ProblemError> {
  const fallback = { status: response.status, detail: `The service answered ${response.status}` }
  const body: Partial<Problem> = await response.json().catch(() => ({}))
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN)
  const wait = Number.isFinite(seconds) ? { retryAt: Date.now() + seconds * 1000 } : {}
  return new ProblemError({ ...fallback, ...body, ...wait })
}

/** What to show for anything that a request has thrown. */
export function asProblem(error: unknown): Problem {
  if (ProblemError.isInstance(error)) return error.problem
  const detail = navigator.onLine ? 'The service did not answer; is it running?' : 'This device is offline'
  return { status: 0, title: 'No answer', detail }
}

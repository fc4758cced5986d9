import { processSingleton } from '#lib/platform/process-singleton.ts'

type Work = () => Promise<unknown>
/** Has work done once a request was answered, in a process that is kept alive until it is done. */
type After = (work: Work) => void

/** What the platform offers where no front of ours sees how answers end. */
const platform = () => processSingleton<{ after?: After }>('after answer', () => ({}))
const answering = new WeakMap<Request, After>()

/** Says how this platform has work done behind answers, for the requests of which `followAnswer` is not told. */
export function setPlatformAfter(after: After): void {
  platform().after = after
}

/** Says how work is done behind the answer to `request`. */
export function followAnswer(request: Request, after: After): void {
  answering.set(request, after)
}

/** Has `work` done once `request` was answered, or its caller is gone. */
export function afterAnswer(request: Request, work: Work): void {
  const after = answering.get(request) ?? platform().after
  if (after) after(work)
  else void work()
}

import { isKeyCaller } from '#lib/clips/maker.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { Script } from '#lib/model/script.ts'
import { readScript, type ScriptProgress } from '#lib/scripts/watch-script.ts'
import { identifyReader } from './admission.ts'
import { idInPath } from './id-in-path.ts'
import type { RequestContext } from './respond.ts'

/**
 * The script that the path of a request names. One that was sent with a key is there for that key alone; one that was sent
 * without, for whoever knows its id.
 *
 * @throws ServiceError `unauthorized`, `not_found`, `rate_limited`
 */
export async function requireScript(request: Request, context: RequestContext): Promise<ScriptProgress> {
  const caller = await identifyReader(request, context)
  const progress = await readScript(context.services, idInPath(request))
  if (progress && isFor(progress.script, caller)) return progress
  throw new ServiceError('not_found', 'There is no script with this id')
}

const isFor = (script: Script, caller: string) => !isKeyCaller(script.caller) || script.caller === caller

import type { World } from '../world.ts'

/** What a client has to do with: the service, and a key that it takes. */
export interface ClientContext {
  baseUrl: string
  key: string
  world: World
  /** Says what audio is, and that its clip is kept: `MP3, kept`. Throws where it is not. */
  kept(audio: Uint8Array, clipId?: string | null): Promise<string>
}

/** One call of a client, and what it comes to in words. */
export type Call = (context: ClientContext) => Promise<string>

/** The calls of a client, by their names. */
export interface Client {
  name: string
  /** Where its requests were read, for one that cannot run here. */
  source?: string
  calls: Record<string, Call>
}

/** A request of a client that cannot run here, as it sends it. */
export async function post(
  { baseUrl }: ClientContext,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body: unknown },
): Promise<Response> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers } }
  return fetch(`${baseUrl}${path}`, { ...init, body: JSON.stringify(body) })
}

/** The audio of an answer, kept. */
export async function audioOf(context: ClientContext, response: Response): Promise<string> {
  if (response.status !== 200) return `${response.status} ${await response.text()}`
  return context.kept(await response.bytes(), response.headers.get('X-Clip-Id'))
}

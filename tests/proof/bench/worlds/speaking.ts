import type { Service } from '../../../support/service.ts'
import { environmentFor, type StubVendors, spawnStubVendors } from '../../../support/stub-vendors.ts'
import type { Anchor } from '../anchors/anchor.ts'
import { startBareApp } from '../anchors/bare-app.ts'
import { type Bench, type Build, startPinned } from '../bench.ts'
import type { CallerRequest } from '../measure/caller.ts'
import type { Target } from '../measure/load.ts'

/** As many characters as the stub voice makes 48 KB of. */
const TEXT_LENGTH = 51

/** Each build and the bare app before the same stub vendors. */
export interface SpeakingWorld extends AsyncDisposable {
  vendors: StubVendors
  services: { build: Build; service: Service }[]
  bare: Anchor
}

export async function speakingWorld(bench: Bench): Promise<SpeakingWorld> {
  await using stack = new AsyncDisposableStack()
  const vendors = stack.adopt(await spawnStubVendors(), (it) => it.close())
  const environment = { ...environmentFor(vendors), REUSE: 'on' }
  const services: SpeakingWorld['services'] = []
  for (const build of bench.builds) {
    const options = { environment: { ...environment, SPEECH_CONCURRENCY: '100' } }
    const service = stack.adopt(await startPinned(bench, build.root, options), (it) => it.kill())
    services.push({ build, service })
  }
  const bare = stack.use(await startBareApp(bench.cores.serverPrefix, environment))
  const owned = stack.move()
  return { vendors, services, bare, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** The bare app and each build, all asked to speak texts that nobody has asked for before. */
export function speakingTargets(
  world: Pick<SpeakingWorld, 'bare' | 'services'>,
  request = vocalizeRequest,
): Target[] {
  const { bare, services } = world
  return [
    { ...bare, name: 'bare handler', request: request('/vocalize') },
    ...services.map(({ build, service }) => ({
      name: build.name,
      baseUrl: service.baseUrl,
      processId: service.processId,
      request: request('/api/agents/vocalize'),
    })),
  ]
}

export const vocalizeRequest =
  (path: string) =>
  (index: number): CallerRequest =>
    speechRequest(path, `Number ${index}: `.padEnd(TEXT_LENGTH, 'a word '))

export const speechRequest = (path: string, text: string): CallerRequest => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ text, voiceId: 'JBFqnCBsd6RMkjVDRZzb' }),
})

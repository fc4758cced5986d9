import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { newDirectory, type Service } from '../../../support/service.ts'
import { environmentFor, spawnStubVendors } from '../../../support/stub-vendors.ts'
import type { Anchor } from '../anchors/anchor.ts'
import { startBareApp } from '../anchors/bare-app.ts'
import { startNginxFiles, startNodeServer } from '../anchors/file-servers.ts'
import { type Bench, type Build, startPinned } from '../bench.ts'
import type { Target } from '../measure/load.ts'

/** A text and a voice that together make a file of about this size. */
const sizes = {
  small: { words: '48 KiB', characters: 51, msPerCharacter: 60 },
  large: { words: '5 MiB', characters: 5000, msPerCharacter: 65.5 },
} as const
export type Size = keyof typeof sizes

/** The same two clips in each build, and as files of other servers. */
export interface FilesWorld extends AsyncDisposable {
  services: { build: Build; service: Service; clips: Record<Size, Clip> }[]
  bare: Anchor
  node: Anchor
  nginx: Anchor | undefined
}

interface Clip {
  id: string
  cid: string
}

export async function filesWorld(bench: Bench): Promise<FilesWorld> {
  await using stack = new AsyncDisposableStack()
  const vendors = stack.adopt(await spawnStubVendors(), (it) => it.close())
  await vendors.speak({ isUnique: false })
  const folder = await newDirectory()
  const services: FilesWorld['services'] = []
  for (const build of bench.builds) {
    const options = { environment: environmentFor(vendors) }
    const service = stack.adopt(await startPinned(bench, build.root, options), (it) => it.kill())
    const clips = {} as Record<Size, Clip>
    for (const size of Object.keys(sizes) as Size[]) {
      const { characters, msPerCharacter } = sizes[size]
      await vendors.speak({ msPerCharacter })
      const text = 'A word and one more '.repeat(250).slice(0, characters)
      const { status, body } = await service.vocalize({ text, voiceId: 'JBFqnCBsd6RMkjVDRZzb' })
      if (status !== 200) throw new Error(`vocalize answered ${status}: ${JSON.stringify(body)}`)
      clips[size] = { id: body.data.id, cid: body.data.cid }
      // The gateway has it from now on.
      const response = await service.fetch(`/ipfs/${body.data.cid}`)
      if (!response.ok) throw new Error(`/ipfs answered ${response.status}: ${await response.text()}`)
      await writeFile(path.join(folder, size), await response.bytes())
    }
    services.push({ build, service, clips })
  }
  const { serverPrefix } = bench.cores
  const bare = stack.use(await startBareApp(serverPrefix, { BENCH_FILES: folder }))
  const node = stack.use(await startNodeServer(serverPrefix, folder))
  const nginx = stack.use(await startNginxFiles(serverPrefix, folder))
  const owned = stack.move()
  return { services, bare, node, nginx, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export const wordsOf = (size: Size) => sizes[size].words

/** What others make of the same file. */
export function anchorTargets({ bare, node, nginx }: FilesWorld, size: Size): Target[] {
  const target = (name: string, anchor: Anchor, path: string) => ({
    ...anchor,
    name,
    request: () => ({ path }),
  })
  return [
    target('bare handler', bare, `/file/${size}`),
    target('node:http', node, `/${size}`),
    ...(nginx ? [target('nginx', nginx, `/${size}`)] : []),
  ]
}

/** The clip in each build, by its temporary or its permanent address; `name` where that is not the build's alone. */
export function clipTargets(
  { services }: FilesWorld,
  size: Size,
  {
    by,
    method = 'GET',
    isKnown = false,
    name = (build) => build,
  }: {
    by: 'temp-audio' | 'ipfs'
    method?: 'GET' | 'HEAD'
    /** Whether the caller has it already, and is told so (304). */
    isKnown?: boolean
    name?: (build: string) => string
  },
): Target[] {
  return services.map(({ build, service, clips }) => {
    const { id, cid } = clips[size]
    const path = by === 'ipfs' ? `/ipfs/${cid}` : `/api/temp-audio/${id}`
    const request = { method, path, ...(isKnown && { headers: { 'if-none-match': `"${cid}"` } }) }
    const { baseUrl, processId } = service
    return { name: name(build.name), baseUrl, processId, request: () => request }
  })
}

import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import pino from 'pino'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { registerService, type Service } from '#lib/http/service.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { newClipId } from '#lib/model/clip.ts'
import { createFront } from '#lib/server/front.ts'
import { createRoutes, type RouteHandler } from '#lib/server/routes.ts'
import { putEmptyCatalog } from './empty-catalog.ts'
import { fastDirectory } from './temporary-directory.ts'

/** The services of a process on directories of their own, with the front before them. */
export interface GatewayWorld {
  services: Services
  origin: string
  directory: string
  /** What was logged, one object a line. */
  log: Record<string, unknown>[]
  /** Records a clip that `provider` holds, as it is after an upload; or one that waits for IPFS, where that is `null`. */
  record(
    content: IpfsContent,
    options?: { provider?: string | null; ipfsHash?: string; hasLocalBytes?: boolean },
  ): Promise<string>
  close(): Promise<void>
}

export async function openGateway(
  environment: Record<string, string> = {},
  replacements: Parameters<typeof createServices>[1] = {},
): Promise<GatewayWorld> {
  const directory = await mkdtemp(path.join(fastDirectory(), 'voicepin-gateway-'))
  const temp = path.join(directory, 'temp')
  await mkdir(temp)
  await putEmptyCatalog(temp)
  const log: Record<string, unknown>[] = []
  const services = createServices(
    readConfig({
      TEMP_AUDIO_DIR: temp,
      IPFS_REPOSITORY_DIR: path.join(directory, 'ipfs'),
      SPEECH_PROVIDER: 'local',
      IPFS_GATEWAYS: 'http://127.0.0.1:9',
      ...environment,
    }),
    {
      log: pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line)) }),
      ...replacements,
    },
  )
  const service = {
    services,
    afterTempAudio: async () => {},
    openStreamInput: () => Promise.reject(new Error('There are no WebSockets here')),
    beginShutdown() {},
    drain: async () => {},
  }
  const files = createRoutes(path.resolve(import.meta.dirname, '../..'))
  // There may be several such worlds in one process, which has one service.
  const inThisWorld = (handler: RouteHandler): RouteHandler => {
    return (request) => {
      registerService(service as unknown as Service)
      return handler(request)
    }
  }
  const routes = {
    isPage: files.isPage,
    find(url: string) {
      const route = files.find(url)
      const load = async () =>
        Object.fromEntries(
          Object.entries((await route?.load()) ?? {}).flatMap(([method, handler]) =>
            typeof handler === 'function' ? [[method, inThisWorld(handler)]] : [],
          ),
        )
      return route && { ...route, load }
    },
  }
  const nextHandler: Parameters<typeof createFront>[0]['nextHandler'] = (_, response) =>
    response.writeHead(404).end()
  const front = createFront({
    ...{ graceMs: 1000, trustedProxies: 0, maxMessageBytes: 65_536 },
    ...{ routes, nextHandler, service },
  })
  front.server.listen(Number(environment.PORT ?? 0), '127.0.0.1')
  await once(front.server, 'listening')
  const { port } = front.server.address() as AddressInfo

  return {
    services,
    origin: `http://127.0.0.1:${port}`,
    directory,
    log,
    async record(content, { provider = 'embedded', ipfsHash = content.cid, hasLocalBytes = false } = {}) {
      const id = newClipId()
      const at = services.clock.now()
      const { clips } = services.catalog
      await clips.reserve(
        {
          id,
          requestId: 'test',
          characters: 1,
          voiceId: 'slt',
          modelId: null,
          outputFormat: null,
          createdAt: at,
          expiresAt: at + 3_600_000,
          sizeBytes: content.file.size,
          leaseOwner: null,
          leaseExpiresAt: null,
        },
        Number.MAX_SAFE_INTEGER,
      )
      await clips.stage(id, {
        cid: content.cid,
        mimeType: 'audio/mpeg',
        fileExtension: 'mp3',
        sizeBytes: content.file.size,
        durationMs: 1000,
        stagedAt: at,
        leaseOwner: null,
        leaseExpiresAt: null,
      })
      const permanentUrl = `/ipfs/${ipfsHash}`
      if (provider === null) return id
      await clips.store(id, { provider, ipfsHash, permanentUrl, storedAt: at })
      if (!hasLocalBytes) await clips.markBytesDeleted(id)
      return id
    },
    async close() {
      front.server.closeAllConnections()
      front.server.close()
      await services.speech.close()
      await services.catalog.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

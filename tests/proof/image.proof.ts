import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Image, layOutImage } from '../support/image/image.ts'
import { startInImage, vocalize } from '../support/image/running.ts'
import { lacking } from '../support/lacking.ts'
import { freePort } from '../support/servers/free-port.ts'
import { startPostgres } from '../support/servers/postgres.ts'
import { startRedis } from '../support/servers/redis.ts'
import { startS3 } from '../support/servers/s3.ts'
import { until } from '../support/until.ts'

const servers = await startServers()
afterAll(() => servers?.stop())

async function startServers() {
  const [postgres, redis] = await Promise.allSettled([startPostgres(), startRedis()])
  if (postgres.status === 'rejected' || redis.status === 'rejected') {
    if (postgres.status === 'fulfilled') await postgres.value.stop()
    if (redis.status === 'fulfilled') await redis.value.stop()
    return undefined
  }
  const s3 = await startS3()
  return {
    environment: {
      ...s3.environment(),
      DATABASE_URL: postgres.value.url,
      REDIS_URL: redis.value.url,
      LOG_LEVEL: 'warn',
    },
    stop: () => Promise.all([postgres.value.stop(), redis.value.stop(), s3.stop()]),
  }
}

describe.skipIf(lacking(servers !== undefined, 'there is no Postgres or no Redis'))(
  'the container image beside Postgres, Redis and a store',
  () => {
    let image: Image
    beforeAll(async () => {
      image = await layOutImage()
    })
    afterAll(() => image?.remove())

    it('takes a clip that its worker brings to IPFS', async () => {
      const shared = servers?.environment ?? {}
      const web = await startInImage(image, { ...shared, BACKGROUND: 'off' })
      const { id, isTemporary, audioUrl, bytes } = await vocalize(web.baseUrl)
      expect(isTemporary).toBe(true)
      expect(await (await fetch(audioUrl)).bytes()).toHaveLength(bytes)
      const workerPort = await freePort()
      const settings = {
        ...shared,
        IPFS_PROVIDERS: 'embedded',
        WORKER_PORT: String(workerPort),
        PORT: String(workerPort),
      }
      const worker = await startInImage(image, settings, ['node', 'bin/worker.ts'])
      await until('the clip on IPFS', async () => {
        const { data } = await (await fetch(`${web.baseUrl}/api/clips/${id}`)).json()
        return data.state === 'stored'
      })
      expect(await Promise.all([worker.stop(), web.stop()])).toEqual([0, 0])
    })
  },
)

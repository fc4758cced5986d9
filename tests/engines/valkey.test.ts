import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../lib/platform/clock.ts'
import { createBullQueue } from '../../lib/queue/bullmq.ts'
import { createLocalQueue } from '../../lib/queue/local.ts'
import { createRedis } from '../../lib/redis/connections.ts'
import { takeSharedSlot } from '../../lib/redis/shared-slot.ts'
import { createLog } from '../../lib/telemetry/log.ts'
import { freePort } from '../support/servers/free-port.ts'
import { isListening } from '../support/servers/nginx.ts'
import { until } from '../support/until.ts'
import { folderInside, startInside, trixieRoot } from './trixie.ts'

describe('Valkey', () => {
  const lines: string[] = []
  const clock = systemClock
  const log = createLog({
    level: 'info',
    scrub: (text) => text,
    destination: { write: (line) => void lines.push(line) },
  })
  let url = ''
  let stop = async () => {}
  before(async () => {
    await trixieRoot()
    const port = await freePort()
    const { outside, inside } = await folderInside('valkey')
    const server = startInside([
      'valkey-server',
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      inside,
      '--save',
      '',
    ])
    stop = async () => {
      await server.stop()
      await rm(outside, { recursive: true, force: true })
    }
    url = `redis://127.0.0.1:${port}`
    await until('Valkey to listen', () => isListening(port))
  })
  after(() => stop())

  it('carries the work queue and the slots, as Redis does', async () => {
    const redis = createRedis({ url, log, clock })
    const queue = createBullQueue({ redis, name: 'uploads', local: createLocalQueue({ clock }), clock, log })
    const done: string[] = []
    const stopWorking = queue.work(async ({ id }) => void done.push(id), { concurrency: 2 })
    queue.enqueue({ kind: 'upload', id: 'now' }, clock.now())
    queue.enqueue({ kind: 'upload', id: 'later' }, clock.now() + 100)
    await until('both tasks', () => done.length === 2)
    const { signal } = new AbortController()
    const release = await takeSharedSlot({ redis, name: 'test', limit: 1 }, signal)
    const refused = takeSharedSlot({ redis, name: 'test', limit: 1 }, AbortSignal.timeout(300))
    await assert.rejects(refused, { name: 'TimeoutError' })
    release()
    await (await takeSharedSlot({ redis, name: 'test', limit: 1 }, AbortSignal.timeout(5000)))()
    await stopWorking()
    await queue.close()
    await redis.close()
    assert.deepEqual(lines, [])
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { Redis } from 'ioredis'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { startRedis } from '../../support/servers/redis.ts'

const program = path.resolve(import.meta.dirname, '../../support/scale-up.ts')

async function scaleUp(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'ignore', 'pipe'] })
  const [said, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  return { said, exitCode }
}

describe('npm run scale:up', () => {
  it('says how it is called', async () => {
    expect(await scaleUp('--help')).toEqual({ said: expect.stringMatching(/^Usage: /), exitCode: 0 })
  })

  it.each([
    ['--web', '0'],
    ['--port', '99999'],
    ['--prot', '80'],
  ])('starts nothing for %s %s', async (...args) => {
    const { said, exitCode } = await scaleUp(...args)
    expect(said).toContain('Usage: ')
    expect(said).not.toContain('Starting')
    expect(exitCode).toBe(2)
  })

  it('starts nothing where its port is taken, and says how to take another', async () => {
    const neighbour = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void neighbour.close())
    await once(neighbour, 'listening')
    const { port } = neighbour.address() as { port: number }
    const said = `Not started: Port ${port} is in use; name another one with --port\n`
    expect(await scaleUp('--port', String(port))).toEqual({ said, exitCode: 1 })
  })
})

it.skipIf(!inject('redisUrl'))('a server that ends without having been asked to is told of', async () => {
  const { promise: end, resolve } = Promise.withResolvers<number | string>()
  const server = await startRedis({ onUnasked: resolve })
  const client = new Redis(server.url, { retryStrategy: () => null })
  client.on('error', () => {})
  await client.shutdown('NOSAVE').catch(() => {})
  expect(await end).toBe(0)
  await server.stop()
})

it.skipIf(!inject('redisUrl'))('a server that was asked to end is not', async () => {
  const ends: (number | string)[] = []
  const server = await startRedis({ onUnasked: (end) => ends.push(end) })
  await server.stop()
  expect(ends).toEqual([])
})

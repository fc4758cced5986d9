import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { threadEntries, traceFiles } from '../../scripts/trace.mjs'
import { lacking } from '../support/lacking.ts'
import { compileCache } from '../support/program.ts'
import { freePort } from '../support/servers/free-port.ts'
import { startPostgres } from '../support/servers/postgres.ts'
import { startS3 } from '../support/servers/s3.ts'
import { cleanUpServices, newDirectory } from '../support/service.ts'
import { until } from '../support/until.ts'

const project = path.resolve(import.meta.dirname, '../..')
const CRON_SECRET = 'the secret of cron'

/** The routes as Vercel has them: by Next.js alone, without `server.ts`. */
async function startOnVercel(environment: Record<string, string>) {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    ['node_modules/next/dist/bin/next', 'start', '--port', String(port)],
    {
      cwd: project,
      env: {
        VERCEL: '1',
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        TMPDIR: await newDirectory(),
        ...compileCache(),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  process.once('exit', () => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text
    })
  }
  const baseUrl = `http://127.0.0.1:${port}`
  await until('an answer', () => fetch(baseUrl).then(Boolean, () => false), { timeoutMs: 30_000 })
  return {
    output: () => output,
    fetch: (pathname: string, init?: RequestInit) => fetch(baseUrl + pathname, init),
    async stop() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

afterAll(cleanUpServices)

type Deployment = Awaited<ReturnType<typeof startOnVercel>>

describe('on Vercel without a shared database and store', () => {
  let deployment: Deployment
  beforeAll(async () => {
    deployment = await startOnVercel({ S3_BUCKET: 'voicepin' })
  })
  afterAll(() => deployment.stop())

  it.each(['/api/health', '/api/voices', '/api/temp-audio/x', '/ipfs/x', '/', '/docs', '/dashboard'])(
    '%s says what is missing, and why',
    async (pathname) => {
      const response = await deployment.fetch(pathname)
      expect(response.status).toBe(500)
      expect(await response.text()).toMatch(/DATABASE_URL: got nothing.*on Vercel no disk lasts/)
    },
  )

  it('nothing is spoken', async () => {
    const body = '{"text":"Hello","voiceId":"slt"}'
    const response = await deployment.fetch('/api/agents/vocalize', { method: 'POST', body })
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ status: 500, code: 'misconfigured' })
  })

  it('the log says it in one line', () => {
    const lines = deployment.output().split('\n')
    expect(
      lines.filter((line) => line.startsWith('Voicepin is configured wrongly: DATABASE_URL')),
    ).toHaveLength(1)
  })
})

const postgres = await startPostgres().catch(() => undefined)
afterAll(() => postgres?.stop())

describe.skipIf(lacking(postgres !== undefined, 'there is no Postgres'))('on Vercel with both', () => {
  let deployment: Deployment
  let s3: Awaited<ReturnType<typeof startS3>>
  beforeAll(async () => {
    s3 = await startS3()
    deployment = await startOnVercel({
      ...s3.environment(),
      DATABASE_URL: postgres?.url ?? '',
      CRON_SECRET,
      TEMP_AUDIO_TTL_SECONDS: '2',
    })
  })
  afterAll(() => Promise.all([deployment.stop(), s3.stop()]))

  it('refuses what would change a page before Next.js looks for a function of it', async () => {
    const headers = { 'Next-Action': '7f', Accept: 'text/x-component' }
    const response = await deployment.fetch('/dashboard', { method: 'POST', headers, body: '[]' })
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'GET, HEAD'])
    expect(await response.json()).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(deployment.output()).not.toContain('Server Action')
  })

  it('gets ready', async () => {
    await until('readiness', async () => (await deployment.fetch('/api/health/ready')).status === 200)
  })

  it('speaks, serves the audio, and has cron end what has had its time', async () => {
    const body = '{"text":"Hello","voiceId":"slt"}'
    const response = await deployment.fetch('/api/agents/vocalize', { method: 'POST', body })
    const { data } = await response.json()
    expect(data).toMatchObject({ isTemporary: true, mimeType: 'audio/mpeg' })
    const { pathname } = new URL(data.audioUrl)
    expect(await (await deployment.fetch(pathname)).bytes()).toHaveLength(data.bytes)
    const part = await deployment.fetch(pathname, { headers: { Range: 'bytes=0-9' } })
    expect([part.status, (await part.bytes()).length]).toEqual([206, 10])
    const page = new URL(data.pageUrl).pathname
    expect((await deployment.fetch(page)).status).toBe(200)

    await until('its end', () => Date.now() > Date.parse(data.expiresAt))
    const headers = { Authorization: `Bearer ${CRON_SECRET}` }
    const cron = await deployment.fetch('/api/admin/retry-ipfs', { headers })
    expect(await cron.json()).toMatchObject({ success: true, processed: 0 })
    await until('an empty bucket', () => s3.objects().length === 0)
    expect((await deployment.fetch(pathname)).status).toBe(410)
    expect((await deployment.fetch(page)).status).toBe(410)
  })
})

it('each route on Vercel takes the threads of the built-in voice along', async () => {
  const route = path.join(project, '.next/server/app/api/agents/vocalize/route.js.nft.json')
  const { files } = JSON.parse(readFileSync(route, 'utf8')) as { files: string[] }
  const taken = files.map((file) => path.relative(project, path.resolve(path.dirname(route), file)))
  const needed = await traceFiles(project, threadEntries(project))
  expect(needed.filter((file) => file !== 'package.json' && !taken.includes(file))).toEqual([])
  expect(taken.filter((file) => /^(\.env|\.temp-audio|\.ipfs)/.test(file))).toEqual([])
})

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net'
import path from 'node:path'
import { readConfig } from '#lib/config/index.ts'
import { encodings } from './encodings.ts'
import { type Environment, type Program, startProgram } from './program.ts'
import { freePort } from './servers/free-port.ts'
import { newDirectory, placesIn } from './service.ts'

export type Encoding = (typeof encodings)[number]

/** A secret of its own for each variable; in base64, as the secret of webhooks has to be. */
const secretOf = (variable: string) =>
  `k9Q${createHash('sha256').update(variable).digest('base64').slice(0, 33)}`

const secretVariables = [
  ...['ELEVENLABS_API_KEY', 'PINATA_JWT', 'PINATA_API_KEY', 'PINATA_API_SECRET', 'WEB3_STORAGE_TOKEN'],
  ...['INFURA_PROJECT_SECRET', 'FILEBASE_TOKEN', 'LIGHTHOUSE_API_KEY', 'FULA_TOKEN', 'PINNING_SERVICE_TOKEN'],
  ...['BLOCKFROST_PROJECT_ID', 'ADMIN_API_KEY', 'CRON_SECRET', 'METRICS_TOKEN', 'VOCALIZE_API_KEYS'],
  ...['REUSE_SECRET', 'S3_SECRET_ACCESS_KEY'],
]
const embedded: Record<string, (secret: string) => string> = {
  KUBO_RPC_AUTHORIZATION: (secret) => `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`,
  WEBHOOK_SECRET: (secret) => `whsec_${secret}`,
  OTEL_EXPORTER_OTLP_HEADERS: (secret) => `authorization=${encodeURIComponent(`Bearer ${secret}`)}`,
}
const urlVariables = [
  ...['ELEVENLABS_BASE_URL', 'PINATA_UPLOAD_URL', 'PINATA_API_URL', 'PINATA_GATEWAY_URL', 'WEB3_STORAGE_URL'],
  ...['WEB3_STORAGE_GATEWAY_URL', 'INFURA_IPFS_URL', 'INFURA_GATEWAY_URL', 'FILEBASE_RPC_URL', 'FULA_URL'],
  ...[
    'FILEBASE_GATEWAY_URL',
    'LIGHTHOUSE_UPLOAD_URL',
    'LIGHTHOUSE_API_URL',
    'LIGHTHOUSE_GATEWAY_URL',
    'KUBO_RPC_URL',
    'FULA_GATEWAY_URL',
  ],
  ...[
    'KUBO_GATEWAY_URL',
    'PINNING_SERVICE_URL',
    'PINNING_SERVICE_GATEWAY_URL',
    'BLOCKFROST_URL',
    'IPFS_GATEWAYS',
  ],
  ...['BLOCKFROST_GATEWAY_URL', 'WEBHOOK_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
]
/** Those whose URL has a password. */
const userInfoVariables = ['WEB3_STORAGE_URL', 'FILEBASE_RPC_URL', 'PINATA_UPLOAD_URL']
const always = [...secretVariables, ...Object.keys(embedded), ...userInfoVariables]
const planted = [...always, 'REDIS_URL', 'DATABASE_URL']
const secrets = planted.map(secretOf)

/** What an echo says: the secrets that its service has in any case, and those of `more`; far longer than any excerpt. */
const echoOf = ([, encode]: Encoding, more: string[] = []) =>
  [...more, ...always].map((name) => `No such key: ${encode(secretOf(name))}`).join(' ')

interface Echo {
  url: string
  /** How the secrets are written from now on. */
  encoding: Encoding
  /** Whether the speech vendor speaks, in place of an echo. */
  speaks: boolean
  close(): void
}

/** Every vendor in one: answers whatever it is asked with all secrets, each time in another shape. */
export async function startEcho(): Promise<Echo> {
  const audio = await readFile(path.join(import.meta.dirname, '../fixtures/speech.mp3'))
  let calls = 0
  const shapes: ((said: string, response: ServerResponse) => void)[] = [
    (said, response) => json(response, 401, { detail: { status: 'invalid_api_key', message: said } }),
    (said, response) =>
      json(response, 422, {
        detail: [
          { loc: ['body', 'text', said], msg: said },
          { loc: ['body', 'text'], msg: said },
        ],
      }),
    (said, response) => json(response, 400, { error: { reason: said, details: said } }),
    (said, response) =>
      response.writeHead(404, { 'content-type': 'text/html' }).end(`<h1>${said}</h1><!-- ${said} -->`),
    // The excerpt is cut within the first secret.
    (said, response) => response.writeHead(403).end(`${'. '.repeat(88)}${said}`),
    (said, response) =>
      json(response, 200, { cid: said, Hash: said, data: { cid: said }, info: { said }, voices: said }),
    (said, response) =>
      response.writeHead(307, { location: `/elsewhere?${encodeURIComponent(said)}` }).end(said),
    (said, response) => json(response, 400, { [said]: said, code: said, title: said }),
  ]
  const echo: Omit<Echo, 'url' | 'close'> = { encoding: encodings[0] as Encoding, speaks: false }
  const server = createServer((request: IncomingMessage, response) => {
    request.resume().on('end', () => {
      if (echo.speaks && request.url?.startsWith('/v1/text-to-speech/')) {
        response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(audio)
        return
      }
      calls += 1
      const sent = Object.values(request.headers).join(' ')
      shapes[calls % shapes.length]?.(`${echoOf(echo.encoding)} ${echo.encoding[1](sent)}`, response)
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(echo, { url, close: () => void server.close() })
}

function json(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A database or Redis that refuses whoever connects, in its own protocol, with all secrets. */
export async function startRefusal(
  kind: 'postgres' | 'redis',
  encoding: () => Encoding,
): Promise<{ port: number; close(): void }> {
  const answer = () => {
    const said = echoOf(encoding(), [kind === 'postgres' ? 'DATABASE_URL' : 'REDIS_URL'])
    return kind === 'postgres' ? postgresError(said) : `-WRONGPASS ${said.replaceAll('\n', ' ')}\r\n`
  }
  const server: Server = createSocketServer((socket) => {
    socket.on('error', () => {}).on('data', () => socket.write(answer()))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ERRORRESPONSE */
function postgresError(said: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C28P01\0M${said}\0\0`)
  const head = Buffer.from('E\0\0\0\0')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}

/** A service with a secret in every variable that takes one, and each vendor's URL at `url`. */
export async function startWithSecrets(url: string, changes: Environment = {}) {
  const directory = await newDirectory()
  const port = await freePort()
  const environment: Environment = {
    ...placesIn(directory),
    ...Object.fromEntries(secretVariables.map((name) => [name, secretOf(name)])),
    ...Object.fromEntries(Object.entries(embedded).map(([name, write]) => [name, write(secretOf(name))])),
    ...Object.fromEntries(urlVariables.map((name) => [name, withPassword(name, url)])),
    IPFS_PROVIDERS: 'pinata,web3storage,infura,filebase,lighthouse,kubo,fula,pinning,blockfrost',
    INFURA_PROJECT_ID: 'project',
    S3_ACCESS_KEY_ID: 'voicepin',
    IPFS_RETRY_DELAYS_MS: ',',
    UPLOAD_DEADLINE_MS: '3000',
    RATE_LIMIT_PER_MINUTE: '100000',
    REUSE: 'off',
    LOG_LEVEL: 'trace',
    PORT: String(port),
    ...changes,
  }
  // What is misspelled in this file would prove nothing.
  readConfig(environment)
  const program = await startProgram({
    file: 'bin/server.ts',
    environment,
    isReady: (said) => said.includes('listens on'),
  })
  return { program, directory, baseUrl: `http://127.0.0.1:${port}` }
}

function withPassword(name: string, url: string): string {
  return userInfoVariables.includes(name)
    ? url.replace('//', `//me:${encodeURIComponent(secretOf(name))}@`)
    : url
}

export const databaseUrl = (port: number) =>
  `postgres://voicepin@127.0.0.1:${port}/voicepin?password=${encodeURIComponent(secretOf('DATABASE_URL'))}`
export const redisUrl = (port: number) =>
  `redis://voicepin:${encodeURIComponent(secretOf('REDIS_URL'))}@127.0.0.1:${port}`

/** Calls every route, and gives all that was answered. */
export async function callAll(baseUrl: string): Promise<string[]> {
  const answers: string[] = []
  const caller = { authorization: `Bearer ${secretOf('VOCALIZE_API_KEYS')}` }
  const operator = { authorization: `Bearer ${secretOf('ADMIN_API_KEY')}` }
  async function call(route: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(`${baseUrl}${route}`, { redirect: 'manual', ...init })
    const text = await response.text()
    answers.push(JSON.stringify([...response.headers]), text)
    return text
  }
  const post = (route: string, body: unknown, headers: Record<string, string> = {}) =>
    call(route, { method: 'POST', headers: { ...caller, ...headers }, body: JSON.stringify(body) })
  const request = { text: 'A secret?', voiceId: 'slt' }

  const spoken = await post('/api/agents/vocalize', request)
  await post('/api/agents/vocalize', request, { accept: 'text/event-stream' })
  await post('/api/agents/vocalize/stream', request)
  await post('/v1/text-to-speech/slt', { text: 'A secret?' })
  await post('/v1/audio/speech', { model: 'tts-1', voice: 'alloy', input: 'A secret?' })
  for (const route of ['/api/voices', '/v1/voices']) await call(route, { headers: caller })
  const id = /"id":"([0-9a-f]{32})"/.exec(spoken)?.[1] ?? '0'.repeat(32)
  const cid = /"cid":"(\w+)"/.exec(spoken)?.[1] ?? 'bafkqaaa'
  await call('/api/admin/retry-ipfs', { method: 'POST', headers: operator })
  for (const route of [`/api/clips/${id}`, `/api/temp-audio/${'0'.repeat(32)}`, `/ipfs/${cid}`])
    await call(route)
  const operators = [
    '/api/admin/clips?state=pending',
    '/api/admin/clips?state=stored',
    `/api/admin/clips?q=${id}`,
    '/api/admin/figures',
    '/api/metrics',
  ]
  for (const route of operators) await call(route, { headers: operator })
  for (const route of ['/api/health/ready', '/api/openapi.json', '/', '/dashboard', '/docs'])
    await call(route)
  await post('/api/admin/session', { key: 'not the key' }, { 'sec-fetch-site': 'same-origin' })
  return answers
}

/** Where in `texts` a secret stands, in whichever encoding, or the first eight characters of one. */
export function findSecrets(texts: Record<string, string>): string[] {
  const forms = secrets.flatMap((secret, index) => [
    { name: `the beginning of ${planted[index]}`, form: secret.slice(0, 8).toLowerCase() },
    ...encodings
      .filter(([name]) => !name.includes('behind') && !name.includes('for URLs'))
      .map(([name, encode]) => ({ name: `${planted[index]}, ${name}`, form: encode(secret).toLowerCase() })),
  ])
  return Object.entries(texts).flatMap(([where, text]) => {
    const lower = text.toLowerCase()
    return forms.filter(({ form }) => lower.includes(form)).map(({ name }) => `${where}: ${name}`)
  })
}

/** All that a service has written: its output and its files. */
export async function writtenBy({ program, directory }: { program: Program; directory: string }) {
  const files = await readdir(directory, { recursive: true, withFileTypes: true })
  const texts: Record<string, string> = { output: program.output.text }
  for (const file of files.filter((each) => each.isFile())) {
    const name = path.join(file.parentPath, file.name)
    texts[name] = (await readFile(name)).toString('latin1')
  }
  return texts
}

/** Answers by the order in which they came. */
export const named = (answers: readonly string[]) =>
  Object.fromEntries(answers.map((answer, index) => [`answer ${index}`, answer]))

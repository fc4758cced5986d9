import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What goes over one connection, and how it ends. */
export interface Exchange {
  /** The kind of attack, for reports. */
  kind: string
  /** In `latin1`; with some milliseconds between the parts. */
  parts: string[]
  /** `wait` for the server to hang up, end our side (`half`), or `reset` the connection at once. */
  end: 'wait' | 'half' | 'reset'
  /** As many answers may come at most. */
  maxAnswers: number
  /** Whether the first request must be refused with 400 or no answer, since its framing is ambiguous. */
  isAmbiguous?: boolean
}

export interface Answer {
  status: number
  /** By lower-case name; several values are joined. */
  headers: Record<string, string>
  body: Buffer
}

export interface Outcome {
  answers: Answer[]
  /** Bytes that are no answer. */
  rest: Buffer
  isTimedOut: boolean
}

const LONGEST_MS = 30_000
/** What half a request gets before its connection is reset. */
const PATIENCE_MS = 50
/** An answer of this size is read no further. */
const ENOUGH_BYTES = 200_000

/** Sends over a connection of its own, and reads what comes until the server hangs up. */
export async function exchange(port: number, { parts, end }: Exchange): Promise<Outcome> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const chunks: Buffer[] = []
  let sizeBytes = 0
  let isTimedOut = false
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.setTimeout(LONGEST_MS, () => {
    isTimedOut = end === 'wait'
    socket.destroy()
  })
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    sizeBytes += chunk.length
    const isEvents = chunk.includes('text/event-stream')
    if (isEvents || sizeBytes > ENOUGH_BYTES) socket.destroy()
  })
  for (const [index, part] of parts.entries()) {
    if (index > 0) await sleep(2)
    if (socket.destroyed) break
    socket.write(Buffer.from(part, 'latin1'))
  }
  if (end === 'half') socket.end()
  if (end !== 'wait') await Promise.race([closed, sleep(PATIENCE_MS)])
  if (end === 'reset') socket.resetAndDestroy()
  if (end === 'half') setTimeout(() => socket.destroy(), 2000).unref()
  await closed
  return { ...parseAnswers(Buffer.concat(chunks), parts.join('').startsWith('HEAD ')), isTimedOut }
}

/** The answers in what came over a connection; the last one may be cut off. */
export function parseAnswers(bytes: Buffer, isHead: boolean): Pick<Outcome, 'answers' | 'rest'> {
  const answers: Answer[] = []
  let rest = bytes
  while (rest.length > 0) {
    const headEnd = rest.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = rest
      .subarray(0, Math.max(0, headEnd))
      .toString('latin1')
      .split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(`${statusLine} `)?.[1])
    if (headEnd < 0 || !status) break
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const name = line.slice(0, line.indexOf(':')).toLowerCase()
      headers[name] = [headers[name], line.slice(name.length + 1).trim()].filter(Boolean).join(', ')
    }
    rest = rest.subarray(headEnd + 4)
    if (status < 200) continue
    // A request that could not be read is not known as HEAD.
    const hasBody = (!isHead || rest.length > 0) && status !== 204 && status !== 304
    const read = hasBody ? readBody(rest, headers) : { body: Buffer.alloc(0), after: rest }
    answers.push({ status, headers, body: read.body })
    rest = read.after
  }
  return { answers, rest }
}

function readBody(bytes: Buffer, headers: Record<string, string>): { body: Buffer; after: Buffer } {
  const split = (at: number) => ({ body: bytes.subarray(0, at), after: bytes.subarray(at) })
  if (headers['content-length']) return split(Number(headers['content-length']))
  if (headers['transfer-encoding'] !== 'chunked') return split(bytes.length)
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const sizeBytes = Number.parseInt(bytes.subarray(at, lineEnd).toString(), 16)
    if (lineEnd < 0 || !(sizeBytes > 0)) {
      return { body: Buffer.concat(parts), after: bytes.subarray(lineEnd < 0 ? bytes.length : lineEnd + 4) }
    }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + sizeBytes))
    at = lineEnd + 2 + sizeBytes + 2
  }
}

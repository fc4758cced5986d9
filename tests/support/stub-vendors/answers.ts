import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import type { Fault } from './faults.ts'
import type { VendorAnswer } from './vendor.ts'

const DRIP_PAUSE_MS = 100
const HTML = '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'

/** Sends an answer whole; a body in chunks goes out as it comes. */
export async function send(response: ServerResponse, answer: VendorAnswer): Promise<void> {
  if (isBytes(answer.body)) {
    const body = bytesOf(answer.body)
    response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length })
    response.end(body)
    return
  }
  response.writeHead(answer.status, answer.headers)
  const closed = once(response, 'close')
  for await (const chunk of answer.body) {
    if (response.destroyed) return
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), closed])
  }
  response.end()
}

/** Sends an answer as the fault distorts it. */
export async function sendFaulty(
  response: ServerResponse,
  answer: VendorAnswer,
  fault: Fault,
): Promise<void> {
  switch (fault.kind) {
    case 'status':
      if (fault.isEarly) response.setHeader('connection', 'close')
      return send(response, { ...answer, headers: { ...answer.headers, ...retryAfterOf(fault) } })
    case 'late':
      await sleep(fault.delayMs)
      return send(response, answer)
    case 'reset-after-storing':
      response.socket?.resetAndDestroy()
      return
    case 'hang-after-storing':
      return
    case 'reset-mid-answer':
      return sendHalf(response, answer)
    case 'cut-without-length': {
      const body = await wholeOf(answer.body)
      response.useChunkedEncodingByDefault = false
      response.writeHead(answer.status, answer.headers)
      response.end(body.subarray(0, Math.ceil(body.length / 2)))
      return
    }
    case 'cut-compressed': {
      const body = gzipSync(await wholeOf(answer.body))
      response.writeHead(answer.status, { ...answer.headers, 'content-encoding': 'gzip' })
      response.end(body.subarray(0, Math.ceil(body.length / 2)))
      return
    }
    case 'endless':
      return goOn(response, answer)
    case 'slow-drip':
      return drip(response, answer, fault.pauseMs ?? DRIP_PAUSE_MS)
    case 'empty-body':
      return send(response, { ...answer, body: '' })
    case 'html':
      return send(response, {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: HTML,
      })
    case 'json':
      return send(response, {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"ok":true}',
      })
    case 'wrong-cid':
      return send(response, await withOtherCid(answer))
    case 'truncated-json': {
      const body = await wholeOf(answer.body)
      return send(response, { ...answer, body: body.subarray(0, Math.ceil(body.length / 2)) })
    }
    default:
      return send(response, answer)
  }
}

function retryAfterOf(fault: Extract<Fault, { kind: 'status' }>): Record<string, string> {
  const { retryAfterSeconds, isRetryAfterDate } = fault
  if (retryAfterSeconds === undefined) return {}
  if (!isRetryAfterDate) return { 'retry-after': String(retryAfterSeconds) }
  // HTTP dates have no milliseconds: round up, so that the wait is never shorter than asked for.
  const at = Math.ceil(Date.now() / 1000 + retryAfterSeconds) * 1000
  return { 'retry-after': new Date(at).toUTCString() }
}

async function sendHalf(response: ServerResponse, answer: VendorAnswer): Promise<void> {
  const body = await wholeOf(answer.body)
  const length = isBytes(answer.body) ? { 'content-length': body.length } : {}
  response.writeHead(answer.status, { ...answer.headers, ...length })
  response.write(body.subarray(0, Math.ceil(body.length / 2)))
  await sleep(20)
  response.socket?.resetAndDestroy()
}

async function drip(response: ServerResponse, answer: VendorAnswer, pauseMs: number): Promise<void> {
  const isWhole = isBytes(answer.body)
  const body = await wholeOf(answer.body)
  const dropBytes = isWhole ? 1 : 256
  response.writeHead(answer.status, { ...answer.headers, ...(isWhole && { 'content-length': body.length }) })
  for (let at = 0; at < body.length && !response.destroyed; at += dropBytes) {
    response.write(body.subarray(at, at + dropBytes))
    await sleep(pauseMs)
  }
  response.end()
}

async function goOn(response: ServerResponse, answer: VendorAnswer): Promise<void> {
  const body = await wholeOf(answer.body)
  response.writeHead(answer.status, answer.headers)
  const closed = once(response, 'close')
  while (!response.destroyed) {
    if (!response.write(body)) await Promise.race([once(response, 'drain'), closed])
  }
}

async function withOtherCid(answer: VendorAnswer): Promise<VendorAnswer> {
  const other = CID.createV1(
    raw.code,
    await sha256.digest(new TextEncoder().encode('another content')),
  ).toString()
  const text = (await wholeOf(answer.body)).toString()
  return { ...answer, body: answer.cid ? text.replaceAll(answer.cid, other) : text }
}

function isBytes(body: VendorAnswer['body']): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array
}

function bytesOf(body: string | Uint8Array): Buffer {
  return Buffer.from(body as Uint8Array)
}

async function wholeOf(body: VendorAnswer['body']): Promise<Buffer> {
  if (isBytes(body)) return bytesOf(body)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

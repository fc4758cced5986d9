import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** When a caller resets its connection: before the head of the answer, after it, or in the middle of the body. */
export const stages = ['before', 'after', 'middle'] as const
export type Stage = (typeof stages)[number]

/** A request as it goes over the wire, and its name for people. */
export interface HangUpRequest {
  name: string
  head: string[]
  /** For the request of this number. */
  body?(number: number): string
}

/** How much of an answer a caller reads who hangs up in the middle. */
const MIDDLE_BYTES = 100_000
/** An answer that has no more to say by now has come to its middle. */
const QUIET_MS = 30
const LONGEST_MS = 10_000
/** How long the head of an answer took the last time, by the name of its request. */
const headMs = new Map<string, number>()
const FIRST_GUESS_MS = 3

/** Sends `request` over a connection of its own and resets that at `stage`. */
export function hangUp(baseUrl: string, request: HangUpRequest, stage: Stage, number = 0): Promise<void> {
  const { hostname, port } = new URL(baseUrl)
  const { head } = request
  const body = request.body?.(number) ?? ''
  const lines = [...head, `Host: ${hostname}:${port}`, `Content-Length: ${Buffer.byteLength(body)}`]
  const socket = connect({ port: Number(port), host: hostname, noDelay: true })
  let readBytes = 0
  let quiet: NodeJS.Timeout | undefined
  let sentAt = 0
  const reset = () => socket.resetAndDestroy()
  socket.setTimeout(LONGEST_MS, reset)
  socket.once('connect', () => {
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
    sentAt = performance.now()
    // At any moment until the head is there.
    const usualMs = headMs.get(request.name) ?? FIRST_GUESS_MS
    if (stage === 'before') quiet = setTimeout(reset, Math.random() * usualMs)
  })
  socket.on('data', (chunk) => {
    if (readBytes === 0) headMs.set(request.name, performance.now() - sentAt)
    readBytes += chunk.length
    clearTimeout(quiet)
    if (stage !== 'middle' || readBytes > MIDDLE_BYTES) reset()
    else quiet = setTimeout(reset, QUIET_MS)
  })
  socket.on('error', () => {})
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearTimeout(quiet)
      resolve()
    })
  })
}

/** Hangs up `times` times, on one request after the other and at one stage after the other, some at once. */
export async function hangUpOften(
  baseUrl: string,
  requests: HangUpRequest[],
  { times, atOnce = 16, stages: at = stages }: { times: number; atOnce?: number; stages?: readonly Stage[] },
): Promise<void> {
  let begun = 0
  const worker = async () => {
    while (begun < times) {
      const turn = begun++
      const request = requests[turn % requests.length] as HangUpRequest
      await hangUp(baseUrl, request, at[Math.floor(turn / requests.length) % at.length] as Stage, turn)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** How many files and sockets a process has open. */
export const openFiles = (processId: number) => readdirSync(`/proc/${processId}/fd`).length

/** The least that a process has open within `withinMs`: what is closed a moment later does not count. */
export async function settledOpenFiles(processId: number, withinMs = 3000): Promise<number> {
  let least = openFiles(processId)
  for (const endAt = Date.now() + withinMs; Date.now() < endAt; await sleep(100)) {
    least = Math.min(least, openFiles(processId))
  }
  return least
}

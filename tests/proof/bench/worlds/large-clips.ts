import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { CID } from 'multiformats'
import type { Environment } from '../../../support/service.ts'
import { speechMp3 } from '../../../support/stub-vendors/audio.ts'
import { environmentFor } from '../../../support/stub-vendors.ts'

const PIECE_BYTES = 64 * 1024
/** Where the fixture's frames have 64 kbit/s. */
const BYTES_PER_MS = 8

export interface LargeClips {
  environment: Environment
  /** The next so many clips go on only once all of them are under way: first the speech, then the uploads. */
  expect(clips: number): void
  close(): Promise<void>
}

/**
 * A voice that speaks clips of `sizeBytes`, each another one, and a Pinata that takes them, both as fast as they are read. They
 * hold nothing, so that the machine has memory for what is measured.
 */
export async function startLargeClips({ sizeBytes }: { sizeBytes: number }): Promise<LargeClips> {
  const common = speechMp3(sizeBytes / BYTES_PER_MS, 'common')
  const speech = createGate()
  const uploads = createGate()
  let spoken = 0

  async function speak(request: IncomingMessage, response: ServerResponse) {
    request.resume()
    const own = speechMp3(200, `clip ${spoken++}`)
    response.writeHead(200, { 'content-type': 'audio/mpeg' }).write(own)
    await speech.pass()
    const pieces = function* () {
      for (let at = 0; at < common.length; at += PIECE_BYTES) yield common.subarray(at, at + PIECE_BYTES)
    }
    await pipeline(pieces, response)
  }

  async function take(request: IncomingMessage, response: ServerResponse) {
    let beginning = Buffer.alloc(0)
    for await (const chunk of request) {
      if (beginning.length > 4096) continue
      beginning = Buffer.concat([beginning, chunk])
      if (beginning.length > 4096) await uploads.pass()
    }
    const answer = JSON.stringify({ data: { cid: rootIn(beginning).toString() } })
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
  }

  const voice = await listen(speak)
  const pinata = await listen(take)
  const urls = { elevenlabs: voice.url, pinata: pinata.url } as Parameters<typeof environmentFor>[0]['urls']
  return {
    environment: environmentFor({ urls }),
    expect(clips) {
      speech.expect(clips)
      uploads.expect(clips)
    },
    async close() {
      await Promise.all([voice.close(), pinata.close()])
    },
  }
}

/** Lets nobody pass before all have come. */
function createGate() {
  let missing = 0
  let opened = Promise.withResolvers<void>()
  return {
    expect(count: number) {
      missing = count
      opened = Promise.withResolvers()
    },
    pass(): Promise<void> {
      missing -= 1
      if (missing === 0) opened.resolve()
      return opened.promise
    },
  }
}

/** The root that the header of a CAR names, in the form that it was sent in. */
function rootIn(body: Buffer): CID {
  const name = body.indexOf('eroots')
  // The list of one CID, in CBOR: its tag, its length, and a zero before it.
  const offset = name + 'eroots'.length + '\x81\xd8\x2a\x58\x25\x00'.length
  return CID.decodeFirst(body.subarray(offset))[0]
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const listener: RequestListener = (request, response) =>
    void answer(request, response).catch(() => request.socket.destroy())
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

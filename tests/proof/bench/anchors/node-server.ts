import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pipeline } from 'node:stream'

/** `node node-server.ts FOLDER` answers with the files of a folder by streams, and prints its port. */
const [folder = '.'] = process.argv.slice(2)
const server = createServer(async (request, response) => {
  const name = path.basename(request.url ?? '')
  if (!name) {
    response.end()
    return
  }
  const file = path.join(folder, name)
  const { size } = await stat(file)
  response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': size })
  pipeline(createReadStream(file), response, () => {})
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))

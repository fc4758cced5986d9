import { createConnection, createServer } from 'node:net'
import { startS3 } from '../servers/s3.ts'
import { startStubVendors } from '../stub-vendors.ts'

/** The engines of compose.yaml that Debian does not have, at the ports that they have there: `s3` or `kubo`. */
const [which] = process.argv.slice(2)

/** Passes everything that comes to `port` of this container on to a server of ours, which listens on loopback only. */
function publish(port: number, url: string) {
  const { hostname, port: to } = new URL(url)
  createServer((socket) => {
    const other = createConnection(Number(to), hostname)
    socket.pipe(other).pipe(socket)
    for (const end of [socket, other])
      end.on('error', () => void [socket, other].map((each) => each.destroy()))
  }).listen(port, '0.0.0.0')
}

if (which === 's3') {
  publish(8333, (await startS3()).url)
} else {
  const { urls } = await startStubVendors()
  publish(5001, urls.kubo)
  publish(8080, urls.kubo)
}
process.on('SIGTERM', () => process.exit(0))
console.log(`The stand-in for ${which} listens`)

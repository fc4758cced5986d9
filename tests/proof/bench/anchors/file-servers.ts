import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findServer } from '../../../../scripts/find-program.mjs'
import { freePort } from '../../../support/servers/free-port.ts'
import { type Anchor, startAnchor } from './anchor.ts'

/** Files by `node:http` and `fs` streams. */
export function startNodeServer(serverPrefix: string[], folder: string): Promise<Anchor> {
  const program = path.join(import.meta.dirname, 'node-server.ts')
  return startAnchor({
    command: [...serverPrefix, process.execPath, program, folder],
    baseUrl: (line) => `http://127.0.0.1:${line}`,
  })
}

/** Files by nginx, by one process; `undefined` where there is no nginx. */
export async function startNginxFiles(serverPrefix: string[], folder: string): Promise<Anchor | undefined> {
  const program = findServer('nginx')
  if (!program) return undefined
  const directory = await mkdtemp(path.join(tmpdir(), 'voicepin-bench-nginx-'))
  const port = await freePort()
  const file = path.join(directory, 'nginx.conf')
  await writeFile(file, configuration({ directory, folder, port }))
  const asUser = process.getuid?.() === 0 ? 'user root;' : ''
  const args = ['-p', directory, '-c', file, '-e', 'stderr', '-g', `daemon off; ${asUser}`]
  const anchor = await startAnchor({
    command: [...serverPrefix, program, ...args],
    baseUrl: `http://127.0.0.1:${port}`,
  })
  return {
    ...anchor,
    async [Symbol.asyncDispose]() {
      await anchor[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function configuration({
  directory,
  folder,
  port,
}: {
  directory: string
  folder: string
  port: number
}): string {
  return `
master_process off;
pid ${directory}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path ${directory};
  proxy_temp_path ${directory};
  fastcgi_temp_path ${directory};
  uwsgi_temp_path ${directory};
  scgi_temp_path ${directory};
  server { listen 127.0.0.1:${port}; root ${folder}; }
}
`
}

// Completes .next/standalone, which Next.js made while it built, to what the container image runs: bin/server.ts, bin/worker.ts
// and the threads load packages that Next.js knows nothing of.
import { cpSync, globSync, rmSync } from 'node:fs'
import path from 'node:path'
import { runMain, say } from './process.mjs'
import { root } from './setup.mjs'
import { threadEntries, traceFiles } from './trace.mjs'

const target = path.join(root, '.next/standalone')

await runMain(async () => {
  const files = await traceFiles(root, ['bin/server.ts', 'bin/worker.ts', ...threadEntries(root)])
  const packages = files.filter((file) => file.startsWith('node_modules/'))
  for (const file of packages) cpSync(path.join(root, file), path.join(target, file))
  // What Next.js has noted for itself is larger than what it has made.
  for (const note of globSync('.next/**/*.nft.json', { cwd: target })) rmSync(path.join(target, note))
  say(`.next/standalone has ${packages.length} files more for bin/server.ts and bin/worker.ts\n`)
})

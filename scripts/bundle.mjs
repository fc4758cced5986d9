import { rmSync } from 'node:fs'
import path from 'node:path'
import { rolldown } from 'rolldown'
import configure from '../next.config.mjs'
import { routeEntries } from './trace.mjs'

/** What finds its own files by where it stands, or loads more of itself later. */
const packages = ['next', '@next/env', 'pg', 'bullmq', ...(configure('').serverExternalPackages ?? [])]

/**
 * Builds the server, the worker and the routes into few files: from their sources they load 1,500 modules, and to find each
 * of them takes longer than to run it. Folders stay as they are, and names but for their endings.
 *
 * @param {string} root
 * @param {string} target a folder that is replaced
 */
export async function bundlePrograms(root, target) {
  const entries = ['bin/server.ts', 'bin/worker.ts', ...routeEntries(root)]
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ''), path.join(root, file)])),
    platform: 'node',
    external: (id) => packages.some((name) => id === name || id.startsWith(`${name}/`)),
  })
  rmSync(target, { recursive: true, force: true })
  await build.write({
    dir: target,
    format: 'esm',
    sanitizeFileName: false,
    comments: { jsdoc: false },
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  })
  await build.close()
}

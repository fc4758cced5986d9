// Next.js made .next/standalone while it built. This adds the packages that the programs of the image and the threads
// load, of which Next.js knows nothing, and the licences of all packages, so that the image can be made of it.
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { devPackages } from './fingerprint.mjs'
import { thirdPartyNotices } from './notices.mjs'
import { runMain, say } from './process.mjs'
import { ensurePrograms, root } from './setup.mjs'
import { routeEntries, threadEntries, traceFiles } from './trace.mjs'

/** What can be run in the image beside what is built. */
const programs = ['backup', 'restore', 'audit', 'check'].map((name) => `bin/${name}.ts`)

const target = path.join(root, '.next/standalone')

await runMain(async () => {
  await ensurePrograms()
  const built = globSync('dist/**/*.js', { cwd: root })
  const files = await traceFiles(root, [...programs, ...built, ...threadEntries(root)])
  const packages = files.filter((file) => file.startsWith('node_modules/'))
  for (const file of packages) cpSync(path.join(root, file), path.join(target, file))
  // The lists of traced files are larger than what was built, and nothing reads them any more.
  for (const list of globSync('.next/**/*.nft.json', { cwd: target })) rmSync(path.join(target, list))
  removeBundles(routeEntries(root))
  for (const folder of devPackages(root)) rmSync(path.join(target, folder), { recursive: true, force: true })
  writeFileSync(path.join(target, 'THIRD_PARTY_NOTICES'), thirdPartyNotices(root))
  say(`.next/standalone has ${packages.length} files more for the programs\n`)
})

/**
 * Removes what Next.js has bundled of the routes, and all that only these bundles load: the front answers by what is built of them for it.
 *
 * @param {string[]} routes
 */
function removeBundles(routes) {
  const server = path.join(target, '.next/server')
  for (const file of routes) rmSync(path.join(server, file.replace(/\.ts$/, '.js')), { force: true })
  const wanted = globSync('**/*.js', { cwd: server, exclude: ['chunks/**'] })
  const seen = new Set(wanted)
  for (const file of wanted) {
    for (const [chunk] of readFileSync(path.join(server, file), 'utf8').matchAll(
      /(?<!static\/)chunks\/[^"'`\\]+\.js/g,
    )) {
      if (!seen.has(chunk) && existsSync(path.join(server, chunk))) wanted.push(chunk)
      seen.add(chunk)
    }
  }
  for (const chunk of globSync('chunks/**/*.js', { cwd: server })) {
    if (!seen.has(chunk)) rmSync(path.join(server, chunk))
  }
}

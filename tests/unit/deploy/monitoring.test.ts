import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { renderMetrics } from '#lib/http/metrics.ts'
import { findServer } from '../../../scripts/find-program.mjs'
import { lacking } from '../../support/lacking.ts'
import { testServices } from '../../support/services.ts'

const folder = path.resolve(import.meta.dirname, '../../../deploy')
const read = (file: string) => readFile(path.join(folder, file), 'utf8')
const promtool = findServer('promtool')

/** The names of metrics in a file, without what Prometheus adds to those of a histogram. */
const metricsIn = (text: string) =>
  new Set([...text.matchAll(/\bvoicepin_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')))

describe('the alerts for Prometheus and the dashboard for Grafana', () => {
  it('name only metrics that there are', async () => {
    const { text } = await renderMetrics((await testServices()).services)
    const known = metricsIn(text)
    const named = metricsIn((await read('prometheus/alerts.yml')) + (await read('grafana/voicepin.json')))
    expect(named.size).toBeGreaterThan(15)
    expect([...named].filter((name) => !known.has(name))).toEqual([])
  })

  it('has an alert for each test and a test for each alert', async () => {
    const names = [...(await read('prometheus/alerts.yml')).matchAll(/alert: (\w+)/g)].map(([, name]) => name)
    const tests = await read('prometheus/alerts.test.yml')
    expect(names.filter((name) => !tests.includes(name ?? ''))).toEqual([])
  })

  it.skipIf(lacking(promtool !== undefined, 'there is no promtool of Prometheus'))(
    'fire when they should, and only then',
    async () => {
      const run = (...args: string[]) => promisify(execFile)(promtool ?? '', args, { cwd: folder })
      await run('check', 'rules', 'prometheus/alerts.yml')
      await expect(run('test', 'rules', 'prometheus/alerts.test.yml')).resolves.toMatchObject({
        stdout: expect.stringContaining('SUCCESS'),
      })
    },
  )

  it('each panel of the dashboard asks for something, and stands beside the others', async () => {
    const { panels } = JSON.parse(await read('grafana/voicepin.json')) as { panels: Panel[] }
    const places = panels.map(({ gridPos: { x, y } }) => `${x}/${y}`)
    expect(new Set(places).size).toBe(panels.length)
    expect(
      panels.filter(({ type, targets }) => type !== 'row' && !targets?.every(({ expr }) => expr)),
    ).toEqual([])
  })
})

interface Panel {
  type: string
  gridPos: { x: number; y: number }
  targets?: { expr: string }[]
}

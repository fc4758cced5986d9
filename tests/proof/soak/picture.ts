import type { Sample } from './sampler.ts'

const WIDTH = 900
const PANEL_HEIGHT = 170
const MARGIN = { left: 64, right: 150, top: 34 }
const colours = ['#1f6feb', '#d29922', '#3fb950', '#f85149']

const panels: { title: string; figures: (keyof Sample)[] }[] = [
  { title: 'Memory (MiB)', figures: ['memoryMiB', 'heapMiB'] },
  { title: 'Open files', figures: ['openFiles'] },
  { title: 'vocalize (ms)', figures: ['vocalizeP50', 'vocalizeP99'] },
  { title: 'Listening (ms)', figures: ['listenP50', 'listenP99'] },
]

/** Draws the run as an SVG: memory, open files and latency over time. */
export function drawSamples(samples: Sample[]): string {
  const height = panels.length * PANEL_HEIGHT + 40
  const drawn = panels.map((panel, index) => drawPanel(samples, panel, index * PANEL_HEIGHT))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${drawn.join('\n')}
</svg>
`
}

function drawPanel(samples: Sample[], panel: (typeof panels)[number], top: number): string {
  const right = WIDTH - MARGIN.right
  const base = top + PANEL_HEIGHT
  const longest = Math.max(1, ...samples.map(({ seconds }) => seconds))
  const highest = Math.max(1, ...panel.figures.flatMap((name) => samples.map((sample) => sample[name]))) * 1.1
  const x = (seconds: number) => MARGIN.left + (seconds / longest) * (right - MARGIN.left)
  const y = (value: number) => base - (value / highest) * (PANEL_HEIGHT - MARGIN.top)
  const lines = panel.figures.map((name, index) => {
    const points = samples.map((sample) => `${x(sample.seconds).toFixed(1)},${y(sample[name]).toFixed(1)}`)
    const colour = colours[index]
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(' ')}"/>
<text x="${right + 8}" y="${top + MARGIN.top + 16 * index + 10}" fill="${colour}">${name}</text>`
  })
  return `<text x="${MARGIN.left}" y="${top + MARGIN.top - 10}" font-weight="bold">${panel.title}</text>
<text x="${MARGIN.left - 6}" y="${top + MARGIN.top + 4}" text-anchor="end">${Math.round(highest)}</text>
<text x="${MARGIN.left - 6}" y="${base}" text-anchor="end">0</text>
<text x="${right}" y="${base + 14}" text-anchor="end">${Math.round(longest)} s</text>
<path d="M${MARGIN.left} ${top + MARGIN.top}V${base}H${right}" fill="none" stroke="#888"/>
${lines.join('\n')}`
}

import type { Machine } from './machine.ts'
import type { Aim, Measurement } from './measurement.ts'
import type { RowResult } from './row.ts'
import { type Spread, type Standing, spreadOf, verdictOf } from './verdict.ts'

/** A whole run. */
export interface Run {
  machine: Machine
  elapsedMinutes: number
  results: RowResult[]
}

/** The text of docs/performance.md. */
export function renderReport({ machine, elapsedMinutes, results }: Run): string {
  const hasBefore = machine.commits.some(({ name }) => name === 'before')
  const parts = [
    introduction(machine, elapsedMinutes),
    tableOf(results, hasBefore),
    HOW_TO_READ,
    missesOf(results),
    [
      '## Every figure',
      'Medians, with the smallest and largest of the rounds.',
      ...results.map(detailsOf),
    ].join('\n\n'),
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

/** All that was measured for a row. */
export function detailsOf({ title, measurements, failure }: RowResult): string {
  if (failure) return `### ${title}\n\nNot measured: ${failure}`
  const lines = measurements
    .filter(({ values }) => values.length > 0)
    .map((one) => `| ${one.figure} | ${one.contender} | ${figureOf(one)} |`)
  return [`### ${title}`, '', '| figure | of | |', '| --- | --- | ---: |', ...lines].join('\n')
}

function introduction(
  { processor, cores, memoryGiB, node, date, commits }: Machine,
  minutes: number,
): string {
  const builds = commits.map(({ name, commit }) => `${name} \`${commit}\``).join(', ')
  return `# Performance

\`npm run bench\` has written this page: every row was measured against its anchor, in turns in one run on one machine.

| | |
| --- | --- |
| machine | ${processor}, ${memoryGiB} GiB |
| cores | ${cores} |
| Node.js | ${node} |
| date | ${date}, ${minutes.toFixed(0)} minutes |
| builds | ${builds} |

\`\`\`sh
npm run bench                       # all rows; writes this page
npm run bench -- --only vocalize    # one row, printed; may be given several times
npm run bench -- --rounds 5 --json figures.json

# The same of an earlier commit beside it. Its packages are those of its own lock.
git worktree add ../voicepin-before 823bfce
(cd ../voicepin-before && npm run build)
npm run bench -- --before ../voicepin-before
\`\`\``
}

const HOW_TO_READ = `## How to read it

- **Ratios last, absolute figures belong to the machine.** A ratio is that of figures of one round, which were measured one after the other; the table has the middle one of the rounds, and the smallest and largest in brackets.
- **Bare handler**: an app of the same Next.js under \`next start\` (\`tests/proof/bench/anchors/bare-app\`) whose handler calls the same two stub vendors, buffers and keeps nothing, or reads the file with \`readFile\`. **node:http**: a server that pipes \`fs\` streams. **nginx**: one process with \`sendfile\`. **bare \`next start\`**: the same app, for start-up and memory.
- **CPU a request** is what the server's process and those that it has started have used (\`/proc\`), so that it says the same while others use the machine.
- Load and stub vendors are programs of Node.js and share what is not the servers' core. With **\\*** they had more to do than the server and were the limit: it could have answered more, and its CPU a request says how much. A ratio to such an anchor is then better than the truth.`

function tableOf(results: RowResult[], hasBefore: boolean): string {
  const heads = ['work', 'anchor', ...(hasBefore ? ['before', ''] : []), 'now', '', 'aim', 'reached']
  const lines = results.flatMap((result) => {
    if (result.failure) return [cells([result.title, ...heads.slice(2).map(() => ''), 'not measured'])]
    return result.aims.map((aim, index) => aimLine(index === 0 ? result.title : '', result, aim, hasBefore))
  })
  return ['## The table', '', cells(heads), cells(heads.map(() => '---')), ...lines].join('\n')
}

function aimLine(title: string, result: RowResult, aim: Aim, hasBefore: boolean): string {
  const { anchor, before, now, isReached } = verdictOf(result, aim)
  const anchorText = anchor ? `${aim.against}: ${figureOf(anchor)}` : (aim.against ?? '')
  return cells([
    title,
    anchorText,
    ...(hasBefore ? standingOf(before, aim) : []),
    ...standingOf(now, aim),
    aim.words,
    now ? reachedOf(isReached, anchor) : 'not measured',
  ])
}

const reachedOf = (isReached: boolean, anchor: Measurement | undefined) =>
  isReached ? `yes${anchor?.isLoadBound ? ' \\*' : ''}` : '**no**'

function standingOf(standing: Standing | undefined, aim: Aim): [string, string] {
  if (!standing) return ['', '']
  const { measured, compared } = standing
  if (aim.by === 'ratio') return [figureOf(measured), spread(compared, (value) => value.toFixed(2), ' ×')]
  if (aim.by === 'difference')
    return [figureOf(measured), spread(compared, (value) => signed(value), ` ${measured.unit}`)]
  return [figureOf(measured), '']
}

function missesOf(results: RowResult[]): string {
  const lines = results.flatMap((result) => {
    const { title, failure, aims, heldBackBy } = result
    if (failure) return [`- **${title}** was not measured: ${failure}`]
    const missed = aims.filter((aim) => !verdictOf(result, aim).isReached)
    if (missed.length === 0) return []
    const words = missed.map(({ words: aim }) => aim).join(', ')
    return [`- **${title}** (${words}): ${heldBackBy ?? 'what holds it back is not known yet.'}`]
  })
  return lines.length > 0 ? ['## Where an aim is missed', '', ...lines].join('\n') : ''
}

function figureOf({ values, unit, isLoadBound }: Measurement): string {
  const space = unit.startsWith('/') || unit === '' ? '' : ' '
  return spread(spreadOf(values), digits, `${space}${unit}${isLoadBound ? ' \\*' : ''}`)
}

function spread({ median, min, max }: Spread, write: (value: number) => string, unit: string): string {
  const [middle, low, high] = [median, min, max].map(write)
  return low === high ? `${middle}${unit}` : `${middle}${unit} (${low}–${high})`
}

const signed = (value: number) => (value < 0 ? '−' : '+') + digits(Math.abs(value))

/** Three digits that count. */
function digits(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 10 ? 1 : 2)
}

const cells = (values: string[]) => `| ${values.join(' | ')} |`

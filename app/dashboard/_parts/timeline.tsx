import { Button, Table } from '@mantine/core'
import { useState } from 'react'
import type { ClipView } from '../../_shared/clip-view.ts'
import { formatDuration } from '../../_shared/format.ts'
import styles from './timeline.module.css'
import {
  barOf,
  moved,
  nextAttemptOf,
  type Step,
  stepsOf,
  type TimeWindow,
  ticksOf,
  wholeOf,
  windowAround,
  zoomed,
} from './timeline-steps.ts'

/** Every step of a clip on one axis of time, which can be zoomed: a bar is as long as its step took. */
export function Timeline({ clip, now }: { clip: ClipView; now: number }) {
  const [chosen, setChosen] = useState<TimeWindow>()
  const steps = stepsOf(clip, now)
  const whole = wholeOf(steps)
  const shown = chosen ?? whole
  const isWhole = shown.untilMs - shown.fromMs >= whole.untilMs
  const next = nextAttemptOf(clip)
  return (
    <section aria-label="Timeline" className={styles.timeline}>
      <div className={styles.zoom}>
        <Zoom label="Zoom in" onClick={() => setChosen(zoomed(shown, 1 / 3, whole))} />
        <Zoom label="Zoom out" isOff={isWhole} onClick={() => setChosen(zoomed(shown, 3, whole))} />
        <Zoom
          label="Earlier"
          isOff={shown.fromMs <= 0}
          onClick={() => setChosen(moved(shown, -0.5, whole))}
        />
        <Zoom
          label="Later"
          isOff={shown.untilMs >= whole.untilMs}
          onClick={() => setChosen(moved(shown, 0.5, whole))}
        />
        <Zoom label="All" isOff={isWhole} onClick={() => setChosen(undefined)} />
        <span className={styles.hint}>Press a bar to zoom to its step</span>
      </div>
      <Table className={styles.steps} aria-label="Timeline">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Step</Table.Th>
            <Table.Th>
              <Axis shown={shown} />
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {steps.map((step, index) => (
            <StepRow
              // biome-ignore lint/suspicious/noArrayIndexKey: what has happened keeps its place.
              key={index}
              step={step}
              shown={shown}
              onZoom={() => setChosen(windowAround(step, whole))}
            />
          ))}
        </Table.Tbody>
      </Table>
      {next && <p className={styles.next}>{next}</p>}
    </section>
  )
}

function Zoom({ label, isOff = false, onClick }: { label: string; isOff?: boolean; onClick: () => void }) {
  return (
    <Button size="compact-xs" variant="default" disabled={isOff} onClick={onClick}>
      {label}
    </Button>
  )
}

/** Names the column of the bars by what it shows. */
function Axis({ shown }: { shown: TimeWindow }) {
  const share = (ms: number) => ((ms - shown.fromMs) / (shown.untilMs - shown.fromMs)) * 100
  return (
    <div
      className={styles.axis}
      role="img"
      aria-label={`${formatDuration(shown.fromMs)} to ${formatDuration(shown.untilMs)}`}
    >
      {ticksOf(shown).map((ms) => (
        <span key={ms} style={{ insetInlineStart: `${share(ms)}%` }} data-end={share(ms) > 85}>
          {formatDuration(ms)}
        </span>
      ))}
    </div>
  )
}

function StepRow({ step, shown, onZoom }: { step: Step; shown: TimeWindow; onZoom: () => void }) {
  const bar = barOf(step, shown)
  return (
    <Table.Tr data-kind={step.kind}>
      <Table.Th scope="row">
        {step.label}
        <div className={styles.detail}>{step.detail}</div>
      </Table.Th>
      <Table.Td>
        <button type="button" className={styles.track} aria-label={`Zoom to ${step.label}`} onClick={onZoom}>
          {bar && (
            <span
              className={styles.bar}
              data-kind={step.kind}
              style={{ insetInlineStart: `${bar.offset}%`, inlineSize: `${bar.length}%` }}
            />
          )}
        </button>
      </Table.Td>
    </Table.Tr>
  )
}

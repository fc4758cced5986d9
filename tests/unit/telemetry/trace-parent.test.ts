import { expect, it } from 'vitest'
import { readTraceParent } from '#lib/telemetry/trace-parent.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

it('a traceparent is taken up where it is well-formed and its trace is recorded', () => {
  const parent = { traceId, spanId, traceFlags: 1 }
  expect(readTraceParent(`00-${traceId}-${spanId}-01`)).toEqual(parent)
  expect(readTraceParent(`00-${traceId}-${spanId}-03`)).toEqual(parent)
  // A later version, with what we do not know.
  expect(readTraceParent(`cc-${traceId}-${spanId}-01-what-the-future-will-be-like`)).toEqual(parent)
})

it.each([
  ['none', null],
  ['one whose trace is not recorded', `00-${traceId}-${spanId}-00`],
  ['a trace without an id', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['a span without an id', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['the version that is none', `ff-${traceId}-${spanId}-01`],
  ['capital letters', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['too few parts', `00-${traceId}-${spanId}`],
  ['a number', 1],
])('a traceparent is not taken up where it is %s', (_title, value) => {
  expect(readTraceParent(value)).toBeUndefined()
})

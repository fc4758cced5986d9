/** A span of somebody else, in whose trace there may be spans of ours. */
export interface TraceParent {
  traceId: string
  spanId: string
  traceFlags: number
}

const SAMPLED = 1
const form = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/

/**
 * Reads a `traceparent`. `undefined` where it is malformed, and where its trace is not recorded: then nothing of ours is.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function readTraceParent(value: unknown): TraceParent | undefined {
  const [, traceId = '', spanId = '', flags = ''] =
    form.exec(typeof value === 'string' ? value.trim() : '') ?? []
  const traceFlags = Number.parseInt(flags, 16)
  return traceFlags & SAMPLED ? { traceId, spanId, traceFlags: SAMPLED } : undefined
}

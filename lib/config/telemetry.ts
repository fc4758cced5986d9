import type { Reader } from './reader.ts'
import { headerList, oneOf, url } from './variables.ts'

/** What is logged, and where traces are sent. */
export function readTelemetry({ read }: Reader) {
  const endpoint = read('OTEL_EXPORTER_OTLP_ENDPOINT', url)
  const headers = read('OTEL_EXPORTER_OTLP_HEADERS', headerList, {})
  return {
    logLevel: read('LOG_LEVEL', oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), 'info'),
    /** The OpenTelemetry collector, and the headers that it wants; nothing is traced if `undefined`. */
    tracing: endpoint ? { endpoint, headers } : undefined,
  }
}

import type { Reader } from './reader.ts'
import { headerList, oneOf, text, url } from './variables.ts'

/** What is logged, and where traces are sent. */
export function readTelemetry({ read }: Reader) {
  const endpoint = read('OTEL_EXPORTER_OTLP_ENDPOINT', url)
  const headers = read('OTEL_EXPORTER_OTLP_HEADERS', headerList, {})
  const serviceName = read('OTEL_SERVICE_NAME', text, 'voicepin')
  return {
    logLevel: read('LOG_LEVEL', oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), 'info'),
    /** `auto`: readable at a terminal, JSON everywhere else. */
    logFormat: read('LOG_FORMAT', oneOf('auto', 'json', 'pretty'), 'auto'),
    /** The OpenTelemetry collector, the headers that it wants, and the name of this service there; nothing is traced if `undefined`. */
    tracing: endpoint ? { endpoint, headers, serviceName } : undefined,
  }
}

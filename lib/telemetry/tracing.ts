import { createHash } from 'node:crypto'
import {
  type Attributes,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Config } from '#lib/config/index.ts'
import type { TraceParent } from './trace-parent.ts'

/** How long `close` may take: the collector may be away. */
const FLUSH_TIMEOUT_MS = 2000

/** One thing that happened to a clip. Times are milliseconds since the epoch. */
export interface ClipSpan {
  /** 32 hexadecimal digits: the id of the trace, too. */
  clipId: string
  name: string
  startedAt: number
  endedAt: number
  attributes: Attributes
  error?: string | undefined
}

/** A request that is part of a trace of its caller. Times are milliseconds since the epoch. */
export interface RequestSpan extends Omit<ClipSpan, 'clipId'> {
  parent: TraceParent
  /** The clip that was asked for: the span links to its trace. */
  clipId: string | undefined
}

/** Takes the spans of clips. Every clip is one trace, through however many processes and restarts. */
export interface Tracing {
  /** A span within the clip's trace. */
  span(span: ClipSpan): void
  /** The root span of the clip's trace. */
  rootSpan(span: ClipSpan): void
  /** A span within the trace of a caller. */
  requestSpan(span: RequestSpan): void
  /** Sends the spans that have not been sent yet. */
  close(): Promise<void>
}

/**
 * Sends spans to an OpenTelemetry collector by OTLP over HTTP; `undefined` where none is configured, and then nothing
 * is loaded either.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function createTracing(config: Config['tracing']): Tracing | undefined {
  if (!config) return undefined
  const loading = load(config)
  loading.catch(() => {})
  const use = (work: (loaded: Awaited<typeof loading>) => void) => void loading.then(work).catch(() => {})
  const add = (span: ClipSpan, isRoot: boolean) => use(({ tracer, ids }) => record(tracer, ids, span, isRoot))
  return {
    span: (span) => add(span, false),
    rootSpan: (span) => add(span, true),
    requestSpan: (span) => use(({ tracer }) => recordRequest(tracer, span)),
    async close() {
      const { provider } = await loading
      await Promise.race([
        provider.shutdown(),
        new Promise((resolve) => setTimeout(resolve, FLUSH_TIMEOUT_MS).unref()),
      ])
    },
  }
}

/** The ids of the next root span. They come from the clip id, so that every process gives the same. */
interface NextIds {
  root?: { traceId: string; spanId: string } | undefined
}

async function load({ endpoint, headers, serviceName }: NonNullable<Config['tracing']>) {
  const [{ BatchSpanProcessor, RandomIdGenerator, TracerProvider }, { OTLPTraceExporter }, resources] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
  const ids: NextIds = {}
  const random = new RandomIdGenerator()
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers })
  const provider = new TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': serviceName }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })],
    idGenerator: {
      generateTraceId: () => ids.root?.traceId ?? random.generateTraceId(),
      generateSpanId: () => ids.root?.spanId ?? random.generateSpanId(),
    },
  })
  return { provider, tracer: provider.getTracer('voicepin'), ids }
}

function record(tracer: Tracer, ids: NextIds, span: ClipSpan, isRoot: boolean) {
  const root = { traceId: span.clipId, spanId: rootSpanIdOf(span.clipId) }
  const { name, startedAt: startTime, attributes } = span
  const parent = trace.setSpanContext(ROOT_CONTEXT, { ...root, traceFlags: 1, isRemote: true })
  // Starting a span is synchronous, so no other span can take these ids.
  ids.root = isRoot ? root : undefined
  const started = tracer.startSpan(name, { startTime, attributes }, isRoot ? ROOT_CONTEXT : parent)
  ids.root = undefined
  if (span.error) started.setStatus({ code: SpanStatusCode.ERROR, message: span.error })
  started.end(span.endedAt)
}

function recordRequest(
  tracer: Tracer,
  { parent, clipId, name, startedAt, endedAt, attributes, error }: RequestSpan,
) {
  const links = clipId === undefined ? [] : [{ context: contextOf(clipId) }]
  const context = trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true })
  const options = { kind: SpanKind.SERVER, startTime: startedAt, attributes, links }
  const started = tracer.startSpan(name, options, context)
  if (error) started.setStatus({ code: SpanStatusCode.ERROR, message: error })
  started.end(endedAt)
}

/** The root span of a clip's trace. */
const contextOf = (clipId: string) => ({ traceId: clipId, spanId: rootSpanIdOf(clipId), traceFlags: 1 })

function rootSpanIdOf(clipId: string): string {
  return createHash('sha256').update(clipId).digest('hex').slice(0, 16)
}

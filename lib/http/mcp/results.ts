import type { CallToolResult, ResourceLink } from '@modelcontextprotocol/server'
import { type RequestContext, reportProblem } from '#lib/http/respond.ts'

/** The answer of a tool: as data, as the same in JSON for clients that know no data, and with a link where there is audio. */
export function result(data: object, ...links: ResourceLink[]): CallToolResult {
  const text = JSON.stringify(data)
  return { content: [...links, { type: 'text', text }], structuredContent: JSON.parse(text) }
}

interface Audio {
  id: string
  audioUrl: string
  isTemporary: boolean
  cid?: string | undefined
  mimeType?: string | undefined
  bytes?: number | undefined
  durationMs?: number | undefined
}

/**
 * The link to a clip: its permanent URL, or the temporary one as long as there is no other. Audio itself is never part of
 * an answer.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/server/tools#resource-links
 */
export function linkTo({ id, audioUrl, isTemporary, cid, mimeType, bytes, durationMs }: Audio): ResourceLink {
  const lasts = isTemporary ? 'Temporary address; IPFS will have it later' : 'Permanent address on IPFS'
  const seconds = durationMs === undefined ? '' : `; ${(durationMs / 1000).toFixed(1)} s of speech`
  return {
    type: 'resource_link',
    uri: audioUrl,
    name: id,
    description: `${lasts}; CID ${cid ?? 'not known yet'}${seconds}`,
    ...(mimeType && { mimeType }),
    ...(bytes !== undefined && { size: bytes }),
  }
}

/** An error as a model reads it: what was wrong and what is right, its stable code, and when to try again. */
export function failure(context: RequestContext, error: unknown): CallToolResult {
  const { body, headers } = reportProblem(context, error)
  const retry = headers['Retry-After'] ? ` Try again in ${headers['Retry-After']} seconds.` : ''
  return { isError: true, content: [{ type: 'text', text: `${body.code}: ${body.detail}.${retry}` }] }
}

import { escapeUTF8 } from 'entities'
import { z } from 'zod'
import type { Services } from '#lib/context.ts'
import { parseWith } from '#lib/http/body.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { socialImage } from '#lib/http/social-image.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { software } from '#lib/model/software.ts'
import { clipPage } from './clip-page.ts'
import * as field from './fields.ts'

/** The size of the embedded player, in pixels, where nobody asks for another one. */
export const embedSize = { width: 600, height: 200 }
const HOUR_SECONDS = 3600

const largest = z.coerce.number().int().min(1).optional()

/** The query of `GET /api/oembed`. */
export const oembedQuery = z.object({
  url: z.url().meta({ description: 'The address of the page of a clip, its `pageUrl`.' }),
  format: z.string().optional().meta({ description: '`json`, the only one that there is.' }),
  maxwidth: largest.meta({ description: 'The largest width of the player, in pixels.' }),
  maxheight: largest.meta({ description: 'The largest height of the player, in pixels.' }),
})

export const oembedAnswerSchema = z
  .object({
    version: z.literal('1.0').meta({ description: 'The version of oEmbed.' }),
    type: z.literal('rich').meta({ description: 'What `html` is: neither a picture nor a video.' }),
    title: z.string().meta({ description: 'What to call the clip.' }),
    provider_name: z.string().meta({ description: 'The name of this service.' }),
    provider_url: z.url().meta({ description: 'The address of this service.' }),
    cache_age: field.count
      .optional()
      .meta({ description: 'For how many seconds the answer holds; missing while the clip may still end.' }),
    thumbnail_url: z
      .url()
      .optional()
      .meta({ description: 'A picture, where it fits `maxwidth` and `maxheight`.' }),
    thumbnail_width: field.count.optional().meta({ description: 'Its width in pixels.' }),
    thumbnail_height: field.count.optional().meta({ description: 'Its height in pixels.' }),
    html: z.string().meta({ description: 'A frame with the player.' }),
    width: field.count.meta({ description: 'Its width in pixels.' }),
    height: field.count.meta({ description: 'Its height in pixels.' }),
  })
  .meta({ id: 'OembedAnswer' })

/**
 * The answer to `GET /api/oembed`: how another site embeds the page of a clip.
 *
 * @see https://oembed.com
 * @throws ServiceError `invalid_request`, `not_found`, `expired`, `deleted`, `format_not_implemented`
 * @throws CatalogError when the catalog fails
 */
export async function oembedAnswer(services: Services, request: Request) {
  const query = parseWith(oembedQuery, Object.fromEntries(new URL(request.url).searchParams))
  if (query.format !== undefined && query.format !== 'json') {
    throw new ServiceError('format_not_implemented', 'The only format is json')
  }
  const baseUrl = publicBaseUrl(services.config, request)
  const { title, clip } = await clipPage(services, nameIn(query.url, baseUrl), baseUrl)
  const width = Math.min(embedSize.width, query.maxwidth ?? Number.POSITIVE_INFINITY)
  const height = Math.min(embedSize.height, query.maxheight ?? Number.POSITIVE_INFINITY)
  const fits =
    socialImage.width <= (query.maxwidth ?? socialImage.width) &&
    socialImage.height <= (query.maxheight ?? socialImage.height)
  return {
    version: '1.0',
    type: 'rich',
    title,
    provider_name: software.name,
    provider_url: baseUrl,
    // Until it is stored its end may come.
    ...(clip.state === 'stored' && { cache_age: HOUR_SECONDS }),
    ...(fits && {
      thumbnail_url: baseUrl + socialImage.url,
      thumbnail_width: socialImage.width,
      thumbnail_height: socialImage.height,
    }),
    html: embedHtml({ baseUrl, id: clip.id, title, width, height }),
    width,
    height,
  }
}

/** The id or the CID in the address of a page of ours. */
function nameIn(pageUrl: string, baseUrl: string): string {
  const page = new URL(pageUrl)
  const base = new URL(baseUrl)
  const path = page.pathname.slice(base.pathname.replace(/\/$/, '').length)
  const [, name] = /^\/(?:c|embed)\/(\w+)\/?$/.exec(path) ?? []
  if (name && page.host === base.host) return name
  throw new ServiceError(
    'not_found',
    `There is no page of a clip at this URL: those of this service begin with ${baseUrl}/c/`,
  )
}

/** The HTML by which another site shows the player of a clip. */
export function embedHtml(player: {
  baseUrl: string
  id: string
  title: string
  width: number
  height: number
}) {
  const { baseUrl, id, title, width, height } = player
  const url = escapeUTF8(`${baseUrl}/embed/${id}`)
  return `<iframe src="${url}" width="${width}" height="${height}" title="${escapeUTF8(title)}" style="border:0;max-width:100%" loading="lazy"></iframe>`
}

import { z } from 'zod'
import { canonicalCid } from '#lib/ipfs/blocks/parse-cid.ts'
import type { ApiClient } from './api-client.ts'
import type { IpfsProvider } from './provider.ts'
import { removed } from './removal.ts'

const page = z.object({ fileList: z.array(z.object({ id: z.string(), cid: z.string() })) })
// The documentation shows the answer within a field `data`, as its SDK returns it.
const answer = z.union([z.object({ data: page }).transform(({ data }) => data), page])

/**
 * Lighthouse deletes files by an id of its own, which only the list of all files tells, page by page. Files of its permanent
 * plan it does not delete.
 *
 * @see https://docs.lighthouse.storage/how-to/delete-file
 * @see https://docs.lighthouse.storage/how-to/list-files
 */
export function lighthouseUnpin(api: ApiClient): IpfsProvider['unpin'] {
  const pageAfter = (lastKey: string, signal: AbortSignal): Promise<z.infer<typeof page>> =>
    api.json({ method: 'GET', path: `/api/user/files_uploaded?lastKey=${lastKey}`, answer, signal })

  async function idsOf(cid: string, signal: AbortSignal): Promise<string[]> {
    const ids = new Set<string>()
    for (let lastKey = 'null'; ; ) {
      const { fileList } = await pageAfter(encodeURIComponent(lastKey), signal)
      for (const file of fileList) if (canonicalCid(file.cid) === cid) ids.add(file.id)
      const next = fileList.at(-1)?.id
      if (next === undefined || next === lastKey) return [...ids]
      lastKey = next
    }
  }

  return async (cid, { signal }) => {
    for (const id of await idsOf(cid, signal)) {
      const path = `/api/user/delete_file?${new URLSearchParams({ id })}`
      await removed(api.done({ method: 'DELETE', path, signal }))
    }
    return true
  }
}

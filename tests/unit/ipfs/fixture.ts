import { readFileSync } from 'node:fs'

/** A vendor's recorded answer, with `cid` in its place. */
export function fixture(path: string, cid = ''): string {
  const text = readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8')
  return text.replaceAll('{{cid}}', cid)
}

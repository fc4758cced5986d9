/** A variable that nothing reads, and the one that was probably meant. */
export interface Misspelt {
  name: string
  meant: string
}

const FARTHEST = 2

/**
 * The variables of `environment` that are one or two slips away from one of `known`, which is not set itself. Short names
 * must be closer: `HOME` is no `HOST`.
 */
export function misspeltAmong(environment: Record<string, string | undefined>, known: string[]): Misspelt[] {
  const names = new Set(known)
  const isFree = (name: string) => !environment[name]?.trim()
  return Object.keys(environment)
    .filter((name) => /^[A-Z][A-Z0-9_]+$/.test(name) && !names.has(name) && environment[name]?.trim())
    .flatMap((name) => {
      const most = Math.min(FARTHEST, Math.floor(name.length / 4))
      const [nearest] = [...names]
        .filter((candidate) => Math.abs(candidate.length - name.length) <= most && isFree(candidate))
        .map((meant) => ({ meant, slips: slipsBetween(name, meant, most) }))
        .filter(({ slips }) => slips <= most)
        .sort((a, b) => a.slips - b.slips)
      return nearest ? [{ name, meant: nearest.meant }] : []
    })
}

/**
 * How many letters have to be put in, taken out, replaced or swapped with the next one; some number above `most` where it
 * is more.
 *
 * @see https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance
 */
function slipsBetween(a: string, b: string, most: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      let slips = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        slips = Math.min(slips, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(slips)
    }
    // What follows comes from these two rows and is no less.
    if (Math.min(...last, ...row) > most) return most + 1
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

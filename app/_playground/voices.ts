import type { Voice } from './use-account.ts'

/** The voices for a list, by their language where there are several; otherwise in the order of the vendor. */
export function groupsOf(voices: Voice[]) {
  const groups = Map.groupBy(voices, ({ language }) => languageName(language) ?? 'Other')
  const items = (members: Voice[]) => members.map(({ id, name }) => ({ value: id, label: name }))
  if (groups.size < 2) return items(voices)
  return [...groups].map(([group, members]) => ({ group, items: items(members) }))
}

/** Whether a voice has every word that is looked for, in its name or in what is told of it. */
export function matches(voice: Voice | undefined, search: string): boolean {
  if (!voice) return false
  const { name, language, accent, gender, age, description } = voice
  const told = [name, language, languageName(language), accent, gender, age, description]
    .filter(Boolean)
    .join(' ')
    .toLowerCase()
  const words = told.split(/[^\p{L}\p{N}]+/u)
  // From the beginning of a word: "male" does not find "female".
  return search
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every(
      (wanted) =>
        words.some((word) => word.startsWith(wanted)) || (/\W/.test(wanted) && told.includes(wanted)),
    )
}

/** Such as `British · female · young`. */
export function detailsOf({ accent, gender, age }: Voice): string {
  return [accent, gender, age?.replaceAll('_', ' ')]
    .filter((text) => text !== undefined)
    .map((text, index) => (index === 0 ? text.charAt(0).toUpperCase() + text.slice(1) : text))
    .join(' · ')
}

/** `de` as `German`; what is no code stays as it is. */
export function languageName(code: string | undefined): string | undefined {
  if (!code) return undefined
  try {
    return new Intl.DisplayNames('en', { type: 'language' }).of(code)
  } catch {
    return code
  }
}

import type { ClipNotes } from '#lib/model/clip.ts'

/** What the maker of a clip has noted about it. */
export const notesAnswer = ({ label, metadata }: Partial<ClipNotes>) => ({
  ...(label && { label }),
  ...(metadata && { metadata }),
})

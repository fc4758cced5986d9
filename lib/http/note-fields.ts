import { z } from 'zod'
import { optional } from './optional.ts'

const LONGEST_LABEL = 100
const MOST_ENTRIES = 20
const LONGEST_KEY = 64
const LONGEST_VALUE = 500

const isShort = (text: string, longest: number) => [...text].length <= longest

const plain = (longest: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .refine((text) => isShort(text, longest), { error: `must be at most ${longest} characters long` })
    .regex(/^\P{Cc}*$/u, 'must have no control characters')
    .transform((text) => text.toWellFormed())

const value = z.union(
  [
    z
      .string()
      .refine((text) => isShort(text, LONGEST_VALUE))
      .transform((text) => text.toWellFormed()),
    z.number(),
    z.boolean(),
  ],
  { error: `must be a text of at most ${LONGEST_VALUE} characters, a number, true or false` },
)

const name = plain(LONGEST_KEY)
const KINDS = 'must be an object of texts, numbers or booleans by name'

/** A label, in a body or as a filter. */
export const labelText = plain(LONGEST_LABEL)

/** What the maker of a clip may note about it. Nobody else gets to see it, and no clip is another one for it. */
export const noteFields = {
  label: optional(
    labelText.meta({
      description: `What you call the clip, for \`GET /api/clips?label=\`: up to ${LONGEST_LABEL} characters. Only your key and the operator see it.`,
      example: 'episode-12',
      override: { minLength: 1, maxLength: LONGEST_LABEL },
    }),
  ),
  metadata: optional(
    z
      .record(name, value, {
        error: ({ code, issues }) =>
          code === 'invalid_key' ? `the name ${issues.map(({ message }) => message).join(', ')}` : KINDS,
      })
      .refine((notes) => Object.keys(notes).length <= MOST_ENTRIES, {
        error: `must have at most ${MOST_ENTRIES} entries`,
      })
      .meta({
        description: `Your own notes about the clip: up to ${MOST_ENTRIES} texts, numbers or booleans by name. Only your key and the operator see them.`,
        example: { episode: 12 },
        override: {
          type: 'object',
          maxProperties: MOST_ENTRIES,
          additionalProperties: { type: ['string', 'number', 'boolean'], maxLength: LONGEST_VALUE },
        },
      }),
  ),
}

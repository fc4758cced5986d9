import type { scriptAnswer } from '#lib/http/answers/script.ts'

/** A script as `GET /api/scripts/{id}` describes it. */
export type ScriptView = ReturnType<typeof scriptAnswer>

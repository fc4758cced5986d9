import { llmsIndex, textAnswer } from '#lib/http/documents.ts'

export const dynamic = 'force-static'

export const GET = async () => textAnswer(await llmsIndex(), 'plain')

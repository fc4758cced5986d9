export { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } from '../stream-input/route.ts'

export const dynamic = 'force-dynamic'

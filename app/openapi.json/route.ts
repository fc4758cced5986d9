export { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } from '../api/openapi.json/route.ts'

export const dynamic = 'force-dynamic'

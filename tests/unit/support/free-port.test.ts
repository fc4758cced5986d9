import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { freePort } from '../../support/servers/free-port.ts'

const MANY = 400
const source = path.resolve(import.meta.dirname, '../../support/servers/free-port.ts')

it('gives no port twice, to this process or to another that asks meanwhile', async () => {
  const program = `
    import { freePort } from ${JSON.stringify(source)}
    console.log(JSON.stringify(await Promise.all(Array.from({ length: ${MANY} }, freePort))))`
  const other = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  const own = await Promise.all(Array.from({ length: MANY }, freePort))
  const others: number[] = JSON.parse((await other).stdout)
  expect(new Set([...own, ...others]).size).toBe(2 * MANY)
})

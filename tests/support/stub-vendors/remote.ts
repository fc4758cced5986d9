import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { ScriptedMethod, StubVendors } from './stub-vendors.ts'

const program = new URL('../stub-vendors.ts', import.meta.url)

/** Reaches the stub vendors of another process. `close` leaves them running. */
export async function connectStubVendors(controlUrl: string): Promise<StubVendors> {
  const post = async (method: ScriptedMethod, values: unknown[]): Promise<Response> => {
    const response = await fetch(`${controlUrl}/__control/${method}`, {
      method: 'POST',
      body: JSON.stringify(values),
    })
    if (!response.ok) throw new Error(`stub vendors: ${method}: ${await response.text()}`)
    return response
  }
  const call =
    <T>(method: ScriptedMethod) =>
    async (...values: unknown[]): Promise<T> =>
      (await (await post(method, values)).json()) as T
  const addresses = (await (await fetch(`${controlUrl}/__control`)).json()) as Pick<
    StubVendors,
    'urls' | 'pinataApiUrl'
  >
  return {
    controlUrl,
    ...addresses,
    next: call('next'),
    always: call('always'),
    heal: call('heal'),
    speak: call('speak'),
    plan: call('plan'),
    lose: call('lose'),
    requests: call('requests'),
    holdings: call('holdings'),
    async content(vendor, cid) {
      const response = await post('content', [vendor, cid])
      if (response.headers.get('content-type')?.includes('json')) return undefined
      return new Uint8Array(await response.arrayBuffer())
    },
    reset: call('reset'),
    async close() {},
  }
}

/**
 * Starts the stub vendors in a process of their own, which outlives the service under test. It ends with `close`, or with
 * this process.
 */
export async function spawnStubVendors(options: { seed?: number } = {}): Promise<StubVendors> {
  const child = spawn(
    process.execPath,
    [program.pathname, '--attached', '--seed', String(options.seed ?? 1)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const exited = once(child, 'exit')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const remote = await connectStubVendors(JSON.parse(line).controlUrl)
  return {
    ...remote,
    async close() {
      child.kill()
      await exited
    },
  }
}

import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { environmentFor, spawnStubVendors } from '../../support/stub-vendors.ts'
import type { Start } from './backlog.ts'
import { cpuSecondsOf, residentMiBOf } from './measure/process-tree.ts'

/** One address may have 200 streams open. */
const PER_ADDRESS = 150

/** What listeners of a clip that waits cost while nothing happens: the share of a core, and memory in MiB. */
export async function idleListeners(
  start: Start,
  { listeners = 500, seconds = 20 } = {},
): Promise<{ shareOfCore: number; withoutListeners: number; addedMib: number }> {
  await using stack = new AsyncDisposableStack()
  const vendors = stack.adopt(await spawnStubVendors(), (it) => it.close())
  const environment = { ...environmentFor(vendors), IPFS_PROVIDERS: 'pinata' }
  const service = stack.adopt(await start({ environment }), (it) => it.kill())
  // For so long that nothing happens meanwhile.
  await vendors.always('pinata', { kind: 'status', status: 503, retryAfterSeconds: 300, scope: 'all' })
  const { body } = await service.vocalize()
  await sleep(5000)

  async function shareOfCore() {
    const before = cpuSecondsOf(service.processId)
    await sleep(seconds * 1000)
    return (cpuSecondsOf(service.processId) - before) / seconds
  }
  const withoutListeners = await shareOfCore()
  const beforeMib = residentMiBOf(service.processId)
  const open: ClientRequest[] = []
  stack.defer(() => {
    for (const request of open) request.destroy()
  })
  for (let count = 0; count < listeners; count += 1) {
    const request = get(`${service.baseUrl}/api/clips/${body.data.id}/events`, {
      headers: { accept: 'text/event-stream' },
      agent: false,
      localAddress: `127.0.0.${2 + Math.floor(count / PER_ADDRESS)}`,
    })
    open.push(request)
    request.on('error', () => {})
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    if (response.statusCode !== 200) throw new Error(`A listener was answered ${response.statusCode}`)
    response.resume()
  }
  await sleep(3000)
  const share = await shareOfCore()
  return {
    shareOfCore: share,
    withoutListeners,
    addedMib: residentMiBOf(service.processId) - beforeMib,
  }
}

import { afterAll, beforeAll } from 'vitest'
import { backlogOf } from './catalog.ts'
import { quick, retryIpfs } from './operator.ts'
import type { Environment, Service } from './service.ts'
import { cleanUpServices, startService } from './service.ts'
import type { RecordedRequest, StubVendors, VendorName } from './stub-vendors.ts'
import { environmentFor, startStubVendors } from './stub-vendors.ts'
import { until } from './until.ts'

/** The service and the vendors around it, for the tests of one file. */
export interface World {
  readonly vendors: StubVendors
  readonly service: Service
  /** Requests to one vendor's main work that came after `mark()`. */
  uploads(vendor: VendorName): Promise<RecordedRequest[]>
  mark(): Promise<void>
  /** Ends all faults, uploads what is pending and lets the first provider succeed, so that no breaker is open. */
  recover(): Promise<void>
}

/** Starts stub vendors for all tests of a `describe`, and afterwards ends them and every service that was started. */
export function useVendors(): { readonly vendors: StubVendors } {
  let vendors: StubVendors
  beforeAll(async () => {
    vendors = await startStubVendors()
  })
  afterAll(async () => {
    await cleanUpServices()
    await vendors?.close()
  })
  return {
    get vendors() {
      return vendors
    },
  }
}

/** Starts stub vendors and one service for all tests of a file, and ends both after them. */
export function useWorld(
  options: {
    vendors?: readonly VendorName[]
    environment?: Environment | ((vendors: StubVendors) => Environment)
  } = {},
): World {
  const world = useVendors()
  const { vendors: names = ['elevenlabs', 'pinata'] } = options
  const storage = names.filter((name) => name !== 'elevenlabs' && name !== 'openai')
  let service: Service
  let marked = 0

  beforeAll(async () => {
    const { vendors } = world
    const { environment = {} } = options
    const more = typeof environment === 'function' ? environment(vendors) : environment
    service = await startService({
      environment: { ...quick, ...environmentFor(vendors, names), ...more },
    })
  })

  return {
    get vendors() {
      return world.vendors
    },
    get service() {
      return service
    },
    uploads: (vendor) => world.vendors.requests({ vendor, endpoint: 'upload', after: marked }),
    async mark() {
      marked = (await world.vendors.requests()).at(-1)?.sequence ?? 0
    },
    async recover() {
      await world.vendors.heal()
      const [first, ...others] = storage
      await until('an empty backlog, and the first provider in use', async () => {
        const { body } = await service.vocalize()
        if (body.data.provider === first) return true
        // Its breaker is open. An operator's call resets the cool-down when there is work for it.
        for (const other of others) await world.vendors.always(other, { kind: 'refused' })
        await service.vocalize()
        await world.vendors.heal()
        await retryIpfs(service)
        return false
      })
      await until('an empty backlog', () => backlogOf(service) === 0 || retryIpfs(service).then(() => false))
    },
  }
}

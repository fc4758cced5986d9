import { parseArgs } from 'node:util'
import { startStubVendors } from './stub-vendors/in-process.ts'

export { classicPinataEnvironmentFor, credentials, environmentFor } from './stub-vendors/credentials.ts'
export type { Fault } from './stub-vendors/faults.ts'
export { statusFault } from './stub-vendors/faults.ts'
export { startStubVendors } from './stub-vendors/in-process.ts'
export { pinataPlans } from './stub-vendors/pinata-plan.ts'
export { connectStubVendors, spawnStubVendors } from './stub-vendors/remote.ts'
export type { RecordedRequest } from './stub-vendors/request-log.ts'
export type { StubVendors } from './stub-vendors/stub-vendors.ts'
export type { VendorName } from './stub-vendors/vendor.ts'
export { vendorNames } from './stub-vendors/vendor.ts'

/**
 * `node tests/support/stub-vendors.ts [--port N] [--seed S] [--attached]` plays the vendors until it is told to stop, or
 * until standard input ends when attached.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, seed: { type: 'string' }, attached: { type: 'boolean' } },
  })
  const vendors = await startStubVendors({ port: Number(values.port ?? 0), seed: Number(values.seed ?? 1) })
  console.log(JSON.stringify({ controlUrl: vendors.controlUrl, urls: vendors.urls }))
  const stop = () => void vendors.close().then(() => process.exit(0))
  process.once('SIGTERM', stop).once('SIGINT', stop)
  if (values.attached) process.stdin.resume().once('end', stop)
}

if (import.meta.main) await main()

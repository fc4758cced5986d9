import type { SpeechSettings } from './elevenlabs.ts'
import type { Fault } from './faults.ts'
import type { Holding } from './holdings.ts'
import type { PinataPlan } from './pinata-plan.ts'
import type { RecordedRequest, RequestFilter } from './request-log.ts'
import type { VendorName } from './vendor.ts'

/** All vendors, played on this machine. The same in this process and, over HTTP, in another. */
export interface StubVendors {
  /** Where another process can script them (`connectStubVendors`). */
  readonly controlUrl: string
  readonly urls: Record<VendorName, string>
  /** Pinata's second host, as `api.pinata.cloud` stands beside `uploads.`: lists are asked for there. */
  readonly pinataApiUrl: string
  /** Lets the next fitting requests fail, one after the other; they come before standing faults. */
  next(vendor: VendorName, ...faults: Fault[]): Promise<void>
  /** Lets requests fail until healed: with `chance` (default 1), by one of `faults` at random. */
  always(vendor: VendorName, faults: Fault | Fault[], chance?: number): Promise<void>
  /** Ends all faults of a vendor, of every vendor without a name. */
  heal(vendor?: VendorName): Promise<void>
  speak(settings: Partial<SpeechSettings>): Promise<void>
  /** Changes the account at Pinata. */
  plan(settings: Partial<PinataPlan>): Promise<void>
  /** Lets a vendor lose what it holds of one content. */
  lose(vendor: VendorName, cid: string): Promise<void>
  requests(filter?: RequestFilter): Promise<RecordedRequest[]>
  holdings(vendor: VendorName): Promise<Holding[]>
  content(vendor: VendorName, cid: string): Promise<Uint8Array | undefined>
  /** Forgets faults, settings, requests and content. */
  reset(): Promise<void>
  close(): Promise<void>
}

/** The methods that travel over HTTP as they are. */
export const scriptedMethods = [
  'next',
  'always',
  'heal',
  'speak',
  'plan',
  'lose',
  'requests',
  'holdings',
  'content',
  'reset',
] as const
export type ScriptedMethod = (typeof scriptedMethods)[number]

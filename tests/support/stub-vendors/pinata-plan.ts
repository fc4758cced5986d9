/** What the account at Pinata may do, and what Pinata does with it. */
export interface PinataPlan {
  /**
   * "CAR uploads are not available on free plans": https://docs.pinata.cloud/files/uploading-files (Upload by CAR File).
   * With which status they are refused is not documented, so it can be chosen.
   */
  takesCars: boolean
  carRefusalStatus: number
  /**
   * "CAR file processing is asynchronous": an answer of 200 says nothing about the outcome (same page).
   *
   * - `done`: the content is there at once
   * - `late`: it is there once this is set to `done`
   * - `pending`: the same, and the answer has the word "pending" in the place of the CID, as the types of Pinata's SDK
   *   allow: https://github.com/PinataCloud/pinata/blob/main/src/core/types/files.ts
   * - `failing`: it never is, neither in the list nor at the gateway
   */
  imports: 'done' | 'late' | 'pending' | 'failing'
  /** Free 60, Picnic 250, Fiesta 500: https://docs.pinata.cloud/account-management/limits */
  requestsPerMinute: number
  /** `api.pinata.cloud/data/` has limits of its own (same page). */
  listRequestsPerMinute: number
  /** Free: 500. More are refused with 403 "Account blocked due to plan usage limit". */
  maxFiles: number
  /** Of the key: https://docs.pinata.cloud/account-management/api-keys */
  scopes: readonly string[]
}

/** A paid plan whose imports are done at once. */
export const defaultPinataPlan: PinataPlan = {
  takesCars: true,
  carRefusalStatus: 403,
  imports: 'done',
  requestsPerMinute: 1_000_000,
  listRequestsPerMinute: 1_000_000,
  maxFiles: 1_000_000,
  scopes: ['pinFileToIPFS', 'pinList', 'unpin', 'org:files:write', 'org:files:read'],
}

export const pinataPlans = {
  free: { takesCars: false },
  paid: {},
  paidWithFailingImports: { imports: 'failing' },
  pending: { imports: 'pending' },
} satisfies Record<string, Partial<PinataPlan>>

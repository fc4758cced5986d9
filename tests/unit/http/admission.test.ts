import { describe, expect, it } from 'vitest'
import { reuseScopeOf } from '#lib/http/admission.ts'
import { testServices } from '../../support/services.ts'

describe('what a caller may be given again', () => {
  it.each([
    { caller: 'key:one', isShared: false, scope: 'key:one' },
    { caller: 'key:one', isShared: true, scope: undefined },
    { caller: 'address:192.0.2.1', isShared: false, scope: undefined },
  ])('$caller, shared: $isShared', async ({ caller, isShared, scope }) => {
    const { services } = await testServices()
    const config = { ...services.config, reuse: { ...services.config.reuse, isShared } }
    expect(reuseScopeOf({ config }, caller)).toBe(scope)
  })
})

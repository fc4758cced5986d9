/** Whether something that tests need is lacking; says loudly `why` they are skipped then. */
export function lacking(isThere: boolean, why: string): boolean {
  if (!isThere) console.error(`\n⚠️  SKIPPED: ${why}\n`)
  return !isThere
}

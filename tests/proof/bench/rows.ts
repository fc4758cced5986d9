import type { Row } from './row.ts'
import { backlogRows } from './rows/backlog.ts'
import { dashboardRow } from './rows/dashboard.ts'
import { farPostgresRow } from './rows/far-postgres.ts'
import { fileRows } from './rows/files.ts'
import { firstByteRow } from './rows/first-byte.ts'
import { firstCallersRow } from './rows/first-callers.ts'
import { heldFilesRows } from './rows/held-files.ts'
import { latencyRows } from './rows/latency.ts'
import { listenersRow } from './rows/listeners.ts'
import { memoryRow } from './rows/memory.ts'
import { slowDiskRow } from './rows/slow-disk.ts'
import { startRows } from './rows/start.ts'
import { vocalizeRows } from './rows/vocalize.ts'

/** The table. Rows beside one another share what they need started. */
export const rows: Row[] = [
  ...vocalizeRows,
  ...latencyRows,
  ...fileRows,
  firstByteRow,
  slowDiskRow,
  ...backlogRows,
  farPostgresRow,
  firstCallersRow,
  listenersRow,
  memoryRow,
  dashboardRow,
  ...startRows,
  ...heldFilesRows,
]

import { createCatalog } from '#lib/catalog/catalog.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { newClip, noLimit } from './catalog-subject.ts'

/** One of several processes that open the same fresh file: `node open-at-once.ts <file> <time in ms> <clips>`. */
const [file = '', startsAt = '0', clips = '1'] = process.argv.slice(2)
const catalog = createCatalog(sqliteFile(file))
// All at the same moment: that is the point.
while (Date.now() < Number(startsAt));
for (let count = 0; count < Number(clips); count += 1) await catalog.clips.reserve(newClip(), noLimit)
await catalog.close()

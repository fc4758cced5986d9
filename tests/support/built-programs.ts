import { ensurePrograms } from '../../scripts/setup.mjs'

/** What tests start is built of the sources as they are now. */
export default ensurePrograms

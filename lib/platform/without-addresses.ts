const ipv4 = String.raw`(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.]*\w)`
const ipv6 = String.raw`\[[0-9a-f:.]*:[0-9a-f:.]*\](?::\d{1,5})?|(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])`
/** With a port, or after the words of the system's own look-up. */
const hostAndPort = String.raw`(?<![\w./-])(?!\d{4}-\d\d-\d\dT)(?=[\w.-]*[a-z])[\w.-]+:\d{2,5}(?!\d)`
const lookedUp = String.raw`(?<=\b(?:ENOTFOUND|EAI_AGAIN) )[\w.-]+`
/** Of our own words for a bucket, and of networks that have no other names. */
const innerHost = String.raw`(?<=\bstore at )[\w.-]+|\b[\w.-]+\.(?:internal|local|localdomain|lan|intranet|home\.arpa)\b`
const userInfo = String.raw`(?<=:\/\/)[^\s/@]+@`
const address = new RegExp([userInfo, ipv6, ipv4, hostAndPort, lookedUp, innerHost].join('|'), 'gi')

/** Absolute paths of a machine, save those of this service's own URLs. */
const path =
  /(?<![\w/:.>\]-])(?:\/(?!(?:api|v1|ipfs|dashboard|docs)\/)[\w.@~+-]+(?:\/[\w.@~+-]*)+|[a-z]:\\[\w.@~+\\-]+)/gi

/** A text without what outsiders need not know of the machines behind this service: addresses and absolute paths. */
export function withoutAddresses(text: string): string {
  return text.replace(address, '[address]').replace(path, '[path]')
}

/** What `JSON.parse` gives: each test says itself what it expects of it. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where tests leave the types, which they check by value.
export type Json = any

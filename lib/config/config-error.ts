import { markedError } from '#lib/platform/errors.ts'

/** Malformed variables; the message is one line that says of each its name, what it got and what it takes. */
export class ConfigError extends markedError('ConfigError') {}

/** The one line that an operator is told; whoever else reads it learns no secret. */
export const describeConfigError = ({ message }: ConfigError) => `Voicepin is configured wrongly: ${message}`

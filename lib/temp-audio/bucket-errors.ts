interface S3Failure extends Error {
  code?: string
  $metadata?: { httpStatusCode?: number }
}

interface Location {
  bucket: string
  endpoint?: string | undefined
}

/**
 * An error that says in one sentence what to do, without any credential. Its cause is `error`, which the SDK threw.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function explainS3Error(error: unknown, location: Location): Error {
  if (isExplained(error)) return error
  return Object.assign(new Error(sentence(error as S3Failure, location), { cause: error }), { isExplained })
}

/** Whether there is no such object or no such upload. A missing bucket is something else. */
export function isMissingObject(error: unknown): boolean {
  const { name, $metadata } = (error ?? {}) as S3Failure
  return $metadata?.httpStatusCode === 404 && name !== 'NoSuchBucket'
}

/** Whether the store does not implement the command. */
export function isUnsupportedOperation(error: unknown): boolean {
  return [405, 501].includes((error as S3Failure)?.$metadata?.httpStatusCode ?? 0)
}

function isExplained(error: unknown): error is Error {
  return error instanceof Error && 'isExplained' in error
}

function sentence(error: S3Failure, { bucket, endpoint }: Location): string {
  const status = error.$metadata?.httpStatusCode
  const store = `The S3 store${endpoint ? ` at ${new URL(endpoint).host}` : ''}`
  // The name is the store's own word, which could be anything.
  const name = /^[A-Z][A-Za-z]{2,39}$/.test(error.name) ? error.name : 'for another reason'
  const answer = `${status} ${name}`
  if (error.name === 'CredentialsProviderError') {
    return `${store} needs credentials, and there are none: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY`
  }
  if (status === undefined) {
    return `${store} does not answer (${error.code ?? name}): see that it runs, and that S3_ENDPOINT names it`
  }
  if (error.name === 'NoSuchBucket') {
    return `${store} has no bucket "${bucket}": create it, or set S3_BUCKET to one that exists`
  }
  if (status === 401 || status === 403) {
    return `${store} refuses our credentials (${answer}): see S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, and that they may read, write, list and delete in the bucket "${bucket}"`
  }
  if (status === 301 || status === 307 || error.name === 'AuthorizationHeaderMalformed') {
    return `${store} has the bucket "${bucket}" elsewhere (${answer}): set S3_REGION to the region of the bucket`
  }
  return `${store} answered ${answer}`
}

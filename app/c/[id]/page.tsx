import type { Metadata } from 'next'
import { ClipArticle } from '../_parts/clip-article.tsx'
import { Gone } from '../_parts/gone.tsx'
import { clipMetadata } from '../_parts/metadata.ts'
import { readPage } from '../_parts/read-page.ts'

interface Props {
  params: Promise<{ id: string }>
}

export const generateMetadata = async ({ params }: Props): Promise<Metadata> =>
  clipMetadata((await params).id)

/** A clip for people. Its status is that of `proxy.ts`. */
export default async function ClipPage({ params }: Props) {
  const { page, problem } = await readPage((await params).id)
  return page ? <ClipArticle page={page} /> : <Gone problem={problem} />
}

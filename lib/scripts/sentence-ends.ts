const sentences = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Short forms that end with a full stop within a sentence, in the languages that are spoken most here. */
const abbreviations = [
  ...[
    'Mr',
    'Mrs',
    'Ms',
    'Dr',
    'Prof',
    'Rev',
    'Hon',
    'Gen',
    'Col',
    'Capt',
    'Lt',
    'Sgt',
    'St',
    'Mt',
    'Sr',
    'Jr',
  ],
  ...[
    'vs',
    'etc',
    'e\\.g',
    'i\\.e',
    'cf',
    'al',
    'ca',
    'approx',
    'no',
    'vol',
    'ed',
    'fig',
    'pp?',
    'ch',
    'sec',
  ],
  ...['Inc', 'Ltd', 'Co', 'Corp', 'Bros', 'Ave', 'Blvd', 'Rd', 'a\\.m', 'p\\.m', 'U\\.S', 'U\\.K'],
  ...['Jan', 'Feb', 'Mar', 'Apr', 'Jun', 'Jul', 'Aug', 'Sept?', 'Oct', 'Nov', 'Dec'],
  ...[
    'Nr',
    'bzw',
    'z\\. ?B',
    'd\\. ?h',
    'u\\. ?a',
    'usw',
    'Hr',
    'Fr',
    'Mme',
    'Mlle',
    'M',
    'Sra?',
    'Srta',
    'Ud',
    'Sig',
  ],
]

/** Whether a text ends with an abbreviation, an initial, or the number of a list item or a day. */
const shortForm = new RegExp(`(?:^|[\\s("'“‘«])(?:${abbreviations.join('|')}|\\p{Lu}|\\d{1,3})\\.$`, 'iu')

/**
 * Where the sentences of a text end: indexes just behind their last character that is no blank. A line's end is taken
 * for a blank, since many texts are wrapped.
 *
 * @see https://www.unicode.org/reports/tr29/#Sentence_Boundaries
 */
export function* sentenceEnds(text: string): Generator<number> {
  for (const { segment, index } of sentences.segment(text.replace(/[\n\r\u0085\u2028\u2029]/g, ' '))) {
    const sentence = segment.trimEnd()
    if (sentence && !shortForm.test(sentence.slice(-16))) yield index + sentence.length
  }
}

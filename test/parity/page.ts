// Makes docs/parity.md, and the list of quirks in docs/protocol.md, from the tests and the lists.

import { SUITES, type Suite } from './inventory.js'
import { exemptions } from './not-applicable.js'
import { QUIRKS } from './quirks.js'
import { allTitles, type TitledTest, type Titles } from './titles.js'

export const PAGE = 'docs/parity.md'
export const PROTOCOL_PAGE = 'docs/protocol.md'

const QUIRKS_BEGIN = '<!-- quirks: written by npm run parity -->'
const QUIRKS_END = '<!-- end of quirks -->'

const HEADER = `# Parity with libatbus

Written by \`npm run parity\` from the titles of the tests and the lists in \`test/parity\`; a
test fails where it is out of date. "Spec" is the restated libatbus v3 specification.

Each test case of libatbus (spec H) is proved by a test whose title begins with
\`parity SUITE.CASE\`, or is listed with the reason why it says nothing of a treebus node. Each
quirk of its nodes (spec G.4, K and elsewhere) has a test that plays such a peer,
\`quirk SECTION-NUMBER\`, or a reason why no peer can show it to us.
`

/** The whole page for these tests. */
export function pageOf(titles: Titles = allTitles()): string {
  const { parity, quirks } = titles
  const reasons = exemptions()
  const suites = SUITES.map((suite) => suiteSection(suite, parity, reasons))
  return `${[HEADER, summary(parity, reasons), ...suites, quirkSection(quirks)].join('\n')}`
}

function summary(tests: readonly TitledTest[], reasons: ReadonlyMap<string, string>): string {
  const rows = SUITES.map(({ name, cases }) => {
    const proved = cases.filter((each) => tests.some(({ key }) => key === `${name}.${each}`)).length
    const exempt = cases.filter((each) => reasons.has(`${name}.${each}`)).length
    return `| ${name} | ${cases.length} | ${proved} | ${exempt} |`
  })
  return `| suite | cases | proved | not applicable |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function suiteSection(
  suite: Suite,
  tests: readonly TitledTest[],
  reasons: ReadonlyMap<string, string>,
): string {
  const rows = suite.cases.map((name) => {
    const key = `${suite.name}.${name}`
    const proofs = tests.filter((test) => test.key === key).map(proofText)
    const reason = reasons.get(key)
    const text = proofs.length > 0 ? proofs.join('; ') : `*not applicable:* ${reason ?? ''}`
    return `| ${name} | ${text} |`
  })
  const title = `## ${suite.name}\n\n${suite.about}\n`
  return `${title}\n| case | rule and test |\n|---|---|\n${rows.join('\n')}\n`
}

function proofText({ rule, file }: TitledTest): string {
  return `${cell(rule)} ([${file.replace(/^test\//, '')}](../${file}))`
}

function quirkSection(tests: readonly TitledTest[]): string {
  const rows = QUIRKS.map(({ key, peer, reason }) => {
    const proofs = tests.filter((test) => test.key === key).map(proofText)
    const proof = proofs.length > 0 ? proofs.join('; ') : `*no test:* ${cell(reason ?? '')}`
    return `| ${key} | ${cell(peer)} | ${proof} |`
  })
  const head = '| quirk | the peer | rule and test |\n|---|---|---|'
  const title =
    '## Peers as they are\n\nWhat ours does about each is in [protocol.md](protocol.md).\n'
  return `${title}\n${head}\n${rows.join('\n')}\n`
}

/** `protocol` with its list of quirks as it is now. */
export function withQuirks(protocol: string): string {
  const rows = QUIRKS.filter(({ reason }) => reason === undefined).map(
    ({ key, peer, ours }) => `| ${key} | ${cell(peer)} | ${cell(ours)} |`,
  )
  const table = ['| spec | the peer | ours |', '|---|---|---|', ...rows].join('\n')
  const start = protocol.indexOf(QUIRKS_BEGIN)
  const end = protocol.indexOf(QUIRKS_END)
  if (start < 0 || end < start) throw new Error(`${PROTOCOL_PAGE} has no place for the quirks`)
  return `${protocol.slice(0, start)}${QUIRKS_BEGIN}\n${table}\n${protocol.slice(end)}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** Cases and quirks without proof or reason, with both, unknown ones: one line each. */
export function complaints(titles: Titles = allTitles()): string[] {
  const cases = SUITES.flatMap((suite) => suite.cases.map((name) => `${suite.name}.${name}`))
  const reasonOfQuirk = QUIRKS.flatMap(({ key, reason }) =>
    reason === undefined ? [] : [[key, reason] as const],
  )
  return [
    ...amiss('case', cases, titles.parity, exemptions()),
    ...amiss(
      'quirk',
      QUIRKS.map(({ key }) => key),
      titles.quirks,
      new Map(reasonOfQuirk),
    ),
  ]
}

function amiss(
  what: string,
  known: readonly string[],
  tests: readonly TitledTest[],
  reasons: ReadonlyMap<string, string>,
): string[] {
  const proved = new Set(tests.map(({ key }) => key))
  const neither = known.filter((key) => !proved.has(key) && !reasons.has(key))
  const both = known.filter((key) => proved.has(key) && reasons.has(key))
  const unknown = [...proved, ...reasons.keys()].filter((key) => !known.includes(key))
  const twice = known.filter((key, index) => known.indexOf(key) !== index)
  return [
    ...neither.map((key) => `${what} ${key} has neither a test nor a reason`),
    ...both.map((key) => `${what} ${key} has a test and a reason against one`),
    ...unknown.map((key) => `${what} ${key} is not in the inventory`),
    ...twice.map((key) => `${what} ${key} is listed twice`),
  ]
}

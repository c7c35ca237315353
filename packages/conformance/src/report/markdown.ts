import { areas } from '../case.ts'
import { tally } from './tally.ts'
import type { CaseResult, ConformanceReport } from './types.ts'

const MARKS: Readonly<Record<CaseResult['status'], string>> = {
  passed: 'passed',
  failed: 'FAILED',
  'not-applicable': 'not applicable',
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** Prints the results as Markdown: the table by area, then each case with its reference. */
export function formatMarkdown({ release, results }: ConformanceReport): string {
  const { rows, total } = tally(results)
  const summary = [...rows, total].map(
    ({ name, passed, failed, notApplicable }) => `| ${name} | ${passed} | ${failed} | ${notApplicable} |`,
  )
  const sections = areas.flatMap(area => {
    const own = results.filter(result => result.area === area)
    if (own.length === 0) return []
    const lines = own.map(({ title, status, reason, reference }) => {
      const mark = reason === '' ? MARKS[status] : `${MARKS[status]}: ${reason}`
      return `| ${cell(title)} | ${cell(mark)} | ${cell(reference)} |`
    })
    return [`### ${area}`, '', '| case | result | reference |', '| --- | --- | --- |', ...lines, '']
  })
  return [
    `Held to ZooKeeper ${release}.`,
    '',
    '| area | passed | failed | not applicable |',
    '| --- | ---: | ---: | ---: |',
    ...summary,
    '',
    ...sections,
  ].join('\n')
}

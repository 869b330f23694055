// Elements of a picture as text, in colours that can be read on light and on dark.

export interface Picture {
  readonly width: number
  readonly height: number
  readonly title: string
  readonly body: readonly string[]
  /** The machine and the day. */
  readonly footer: string
}

const STYLE = [
  'text{font:13px system-ui,sans-serif;fill:#1f2328}',
  '.title{font-size:16px;font-weight:600}.middle{text-anchor:middle}.end{text-anchor:end}',
  '.strong{font-weight:600}.small{font-size:11px;fill:#59636e}',
  '.back{fill:#ffffff}.grid{stroke:#d1d9e0}.bar,.line{stroke-width:2;fill:none}',
  '.ring{fill:#ffffff;stroke-width:2}',
  '.ours{stroke:#0969da}.peer{stroke:#bc4c00}.yardstick{stroke:#818b98}',
  '.dot.ours{fill:#0969da}.dot.peer{fill:#bc4c00}.dot.yardstick{fill:#818b98}',
  '@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.small{fill:#9198a1}.back{fill:#0d1117}',
  '.grid{stroke:#3d444d}.ring{fill:#0d1117}',
  '.ours{stroke:#4493f8}.peer{stroke:#f0883e}.yardstick{stroke:#9198a1}',
  '.dot.ours{fill:#4493f8}.dot.peer{fill:#f0883e}.dot.yardstick{fill:#9198a1}}',
].join('')

export function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function shown(value: string | number): string {
  return typeof value === 'number' ? String(Number(value.toFixed(1))) : value
}

export function element(name: string, attributes: Readonly<Record<string, string | number>>) {
  const list = Object.entries(attributes).map(([key, value]) => `${key}="${shown(value)}"`)
  return `<${name} ${list.join(' ')}/>`
}

export function text(x: number, y: number, words: string, style = ''): string {
  const as = style === '' ? '' : ` class="${style}"`
  return `<text x="${shown(x)}" y="${shown(y)}"${as}>${escaped(words)}</text>`
}

/** Characters of the footer that fit the width. */
const FOOTER_COLUMNS = 118

/** At blanks, so that no line is wider than the picture. */
function folded(words: string): string[] {
  const lines = ['']
  for (const word of words.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trim()
    if (line.length > FOOTER_COLUMNS) lines.push(word)
    else lines[lines.length - 1] = line
  }
  return lines
}

export function svgOf({ body, footer, height, title, width }: Picture): string {
  const lines = folded(footer)
  const whole = height + (lines.length - 1) * 14
  const said = lines.map((line, index) => text(12, height - 12 + index * 14, line, 'small'))
  const size = `viewBox="0 0 ${width} ${whole}" width="${width}" height="${whole}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    element('rect', { width, height: whole, class: 'back' }),
    ...body,
    ...said,
    '</svg>',
    '',
  ].join('\n')
}

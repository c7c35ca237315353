// Draws the timeline of a run into its page. It runs in a browser, and uses nothing but what is in the page.

const { duration, groups, seconds } = JSON.parse(document.getElementById('data').textContent)
const host = document.getElementById('timeline')
const [WIDTH, LEFT, RIGHT, ROW, GAP, CHART] = [1180, 110, 12, 18, 14, 110]
const COLOURS = {
  fault: '--fault',
  connected: '--connected',
  suspended: '--suspended',
  connecting: '--suspended',
  expired: '--expired',
  'auth-failed': '--expired',
  closed: '--down',
  killed: '--down',
  down: '--down',
  leader: '--leader',
  follower: '--follower',
}
const SHARES = ['applied', 'rejected', 'unknown']
let [first, last] = [0, duration]

const colour = name => `var(${COLOURS[name] ?? '--line'})`
const place = at => LEFT + ((at - first) / (last - first)) * (WIDTH - LEFT - RIGHT)
const timeAt = x => first + ((x - LEFT) / (WIDTH - LEFT - RIGHT)) * (last - first)
const within = x => Math.min(Math.max(x, LEFT), WIDTH - RIGHT)

function shape(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  if (text !== undefined) element.textContent = text
  return element
}

function lanes(svg, top) {
  for (const group of groups) {
    for (const { name, stretches } of group) {
      svg.append(shape('text', { x: 0, y: top + 13 }, name))
      for (const { from, to, label } of stretches) {
        if (to < first || from > last) continue
        const [x, end] = [within(place(from)), within(place(to))]
        const box = { x, y: top + 2, width: Math.max(end - x, 1.5), height: ROW - 4, rx: 2 }
        svg.append(shape('rect', { ...box, style: `fill: ${colour(label)}` }))
      }
      top += ROW
    }
    top += GAP
  }
  return top
}

/** Draws a legend behind a title: a square of colour, and what it stands for. */
function legend(svg, [title, ...entries], top) {
  svg.append(shape('text', { class: 'title', x: 0, y: top }, title))
  let x = LEFT + 120
  for (const [name, variable] of entries) {
    svg.append(
      shape('rect', { x, y: top - 9, width: 10, height: 10, rx: 2, style: `fill: var(${variable})` }),
    )
    svg.append(shape('text', { x: x + 15, y: top }, name))
    x += 30 + name.length * 7
  }
}

function scale(svg, top, values, y) {
  for (const value of values) {
    svg.append(shape('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }))
    svg.append(shape('text', { x: LEFT - 8, y: y(value) + 4, 'text-anchor': 'end' }, value))
  }
  return top + CHART
}

function calls(svg, top) {
  const most = Math.max(10, ...seconds.map(each => SHARES.reduce((sum, name) => sum + each[name], 0)))
  const y = value => top + CHART - (value / most) * (CHART - 8)
  const step = 10 ** Math.floor(Math.log10(most))
  const marks = [0, ...[1, 2, 5, 10].map(each => each * step).filter(each => each <= most)]
  const bottom = scale(svg, top, most / step > 3 ? marks.filter(each => each !== step) : marks, y)
  seconds.forEach((second, at) => {
    if (at + 1 < first || at > last) return
    const [x, end] = [within(place(at)), within(place(at + 1))]
    let sum = 0
    for (const name of SHARES) {
      if (second[name] === 0) continue
      const box = {
        x,
        width: Math.max(end - x, 0.5),
        y: y(sum + second[name]),
        height: y(sum) - y(sum + second[name]),
      }
      svg.append(shape('rect', { ...box, style: `fill: var(--${name})` }))
      sum += second[name]
    }
  })
  return bottom
}

function latencies(svg, top) {
  const [low, high] = [0.5, Math.max(100, ...seconds.map(({ p99 }) => p99 ?? 0))]
  const part = value => Math.log(Math.max(value, low) / low) / Math.log(high / low)
  const y = value => top + CHART - part(value) * (CHART - 8)
  const bottom = scale(
    svg,
    top,
    [1, 10, 100, 1000, 10000].filter(each => each <= high),
    y,
  )
  for (const name of ['median', 'p99']) {
    let line = ''
    let isDrawing = false
    seconds.forEach((second, at) => {
      const isShown = second[name] !== null && at + 0.5 >= first && at + 0.5 <= last
      if (isShown)
        line += `${isDrawing ? 'L' : 'M'}${place(at + 0.5).toFixed(1)} ${y(second[name]).toFixed(1)}`
      isDrawing = isShown
    })
    svg.append(shape('path', { class: 'curve', d: line, style: `stroke: var(--${name})` }))
  }
  return bottom
}

function axis(svg, top) {
  const span = last - first
  const step = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find(each => span / each <= 14) ?? 1800
  for (let at = Math.ceil(first / step) * step; at <= last; at += step) {
    const text = `${Math.round(at * 10) / 10} s`
    svg.append(shape('text', { x: place(at), y: top + 14, 'text-anchor': 'middle' }, text))
  }
  return top + 20
}

function detailsAt(at) {
  const named = groups
    .flat()
    .flatMap(({ name, stretches }) =>
      stretches
        .filter(({ from, to }) => from <= at && at < to)
        .map(({ label, detail }) => (label === 'fault' ? detail : `${name}: ${detail}`)),
    )
  const second = seconds[Math.floor(at)]
  const lines = [`${at.toFixed(1)} s`, ...named]
  if (second !== undefined) {
    lines.push(`${second.applied} applied, ${second.rejected} rejected, ${second.unknown} unknown`)
    if (second.median !== null)
      lines.push(`half within ${second.median.toFixed(1)} ms, 99 % within ${second.p99.toFixed(0)} ms`)
  }
  return lines.join('\n')
}

function follow(svg, height) {
  const cursor = shape('line', { class: 'cursor', y1: 0, y2: height - 20, visibility: 'hidden' })
  const chosen = shape('rect', { class: 'chosen', y: 0, height: height - 20, width: 0 })
  svg.append(chosen, cursor)
  const tip = Object.assign(document.createElement('div'), { className: 'tip', hidden: true })
  host.append(tip)
  let begun = null
  const xOf = event => {
    const { left, width } = svg.getBoundingClientRect()
    return within(((event.clientX - left) / width) * WIDTH)
  }
  svg.onpointermove = event => {
    const x = xOf(event)
    for (const end of ['x1', 'x2']) cursor.setAttribute(end, x)
    cursor.setAttribute('visibility', 'visible')
    tip.hidden = false
    tip.textContent = detailsAt(timeAt(x))
    const { left, width } = host.getBoundingClientRect()
    const isRight = event.clientX - left > width / 2
    tip.style.left = isRight ? '' : `${event.clientX - left + 14}px`
    tip.style.right = isRight ? `${left + width - event.clientX + 14}px` : ''
    tip.style.top = `${event.clientY - host.getBoundingClientRect().top + 14}px`
    if (begun === null) return
    chosen.setAttribute('x', Math.min(begun, x))
    chosen.setAttribute('width', Math.abs(begun - x))
  }
  svg.onpointerleave = () => {
    tip.hidden = true
    cursor.setAttribute('visibility', 'hidden')
  }
  svg.onpointerdown = event => {
    begun = xOf(event)
    // A drag may end outside of the picture.
    svg.setPointerCapture(event.pointerId)
  }
  svg.onpointerup = event => {
    const [from, to] = [begun ?? 0, xOf(event)].sort((a, b) => a - b).map(timeAt)
    begun = null
    chosen.setAttribute('width', 0)
    if (to - from > (last - first) / 100) draw(from, to)
  }
  svg.ondblclick = () => draw(0, duration)
}

function draw(from, to) {
  ;[first, last] = [from, to]
  host.replaceChildren()
  const svg = shape('svg', { role: 'img', 'aria-label': 'faults, states, calls and their times' })
  host.append(svg)
  let top = 22
  const states = ['connected', 'suspended', 'expired', 'leader', 'follower', 'down', 'fault']
  legend(svg, ['States', ...states.map(name => [name, COLOURS[name]])], 12)
  top = lanes(svg, top) + 14
  legend(svg, ['Calls a second', ...SHARES.map(name => [name, `--${name}`])], top)
  top = calls(svg, top + 4) + 32
  legend(svg, ['Milliseconds of a call', ['median', '--median'], ['99 %', '--p99']], top)
  top = axis(svg, latencies(svg, top + 4))
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${top}`)
  follow(svg, top)
}

draw(0, duration)

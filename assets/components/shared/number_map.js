// Maps of numbers as pixels enlarged without smoothing. Uses lib/canvas.js, lib/dom.js, lib/numbers.js.
// A pointer over a cell, or the arrow keys, read its numbers and outline what it is made from in the other maps, without asking the
// server; a click or Enter sends the cell.
const rooms = new WeakMap() // what each instance remembers from one run to the next: its nodes, and where the pointer is
const DARK = "rgba(0, 0, 0, 0.85)" // around each outline, so that it is seen on bright cells too
const BRIGHT = 140 // from here on a number on a cell is black
const STRIPES = 5 // pixels between the stripes of padding
const LINE = 18 // pixels, the height of a bar with its name
const WIDE = 230 // pixels; on a telephone a larger map has a row for itself
const NAME = 0.44 // share of the width that a bar's name takes, at most

// A value with three decimals, or one from 100 on. contours.js prints its own way: a loss has no upper bound.
function printed(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value < 0 ? "−∞" : "∞"
  const size = Math.abs(value)
  if (size === 0) return "0"
  if (size < 0.001) return trueMinus(value.toExponential(1))
  return fixed(value, size >= 100 ? 1 : 3)
}

// Number k of the cell (row, column) of a tile.
function at(map, tile, row, column, k = 0) {
  return map.numbers[((map.picture ? k : tile) * map.height + row) * map.width + column]
}

function colour(map, value, colours) {
  if (!Number.isFinite(value)) return [128, 128, 128]
  if (map.scale === "grey") {
    const light = Math.round((255 * (value - map.low)) / (map.high - map.low || 1))
    return [light, light, light]
  }
  const share = clamp(value / (map.high || 1), -1, 1)
  const end = share < 0 ? colours.negative : colours.positive
  return colours.zero.map((zero, k) => Math.round(zero + (end[k] - zero) * Math.abs(share)))
}

// One tile as a small canvas, one pixel a cell.
function paint(map, tile, colours) {
  const canvas = element("canvas", { width: map.width, height: map.height })
  const context = canvas.getContext("2d")
  const image = context.createImageData(map.width, map.height)
  const pixels = map.picture && decode(map.picture)
  const area = map.width * map.height
  for (let cell = 0; cell < area; cell++) {
    const painted = pixels ? [0, 1, 2].map((k) => pixels[k * area + cell]) : colour(map, map.numbers[tile * area + cell], colours)
    image.data.set([...painted, 255], 4 * cell)
  }
  context.putImageData(image, 0, 0)
  return canvas
}

// Where things are, in cells: tiles lie in rows with one cell between them, padding around each.
function layout(map) {
  const columns = Math.min(map.columns, map.tiles)
  const gap = map.tiles > 1 ? 1 : 0
  const across = map.width + 2 * map.padding + gap
  const down = map.height + 2 * map.padding + gap
  return { columns, across, down, width: columns * across - gap, height: Math.ceil(map.tiles / columns) * down - gap }
}

function corner(map, tile) {
  const { columns, across, down } = layout(map)
  return [Math.floor(tile / columns) * down + map.padding, (tile % columns) * across + map.padding]
}

function hatch(context, x, y, width, height) {
  context.save()
  context.beginPath()
  context.rect(x, y, width, height)
  context.clip()
  context.fillStyle = "rgba(128, 128, 128, 0.18)"
  context.fillRect(x, y, width, height)
  context.strokeStyle = "rgba(128, 128, 128, 0.55)"
  context.lineWidth = 1
  for (let along = -height; along < width; along += STRIPES) {
    context.beginPath()
    context.moveTo(x + along, y + height)
    context.lineTo(x + along + height, y)
    context.stroke()
  }
  context.restore()
}

function box(context, x, y, width, height, inner) {
  for (const [style, thick] of [[DARK, 4], [inner, 2]]) {
    context.strokeStyle = style
    context.lineWidth = thick
    context.strokeRect(x, y, width, height)
  }
}

function numbersInside(context, map, tile, unit, top, left, colours) {
  context.textAlign = "center"
  context.textBaseline = "middle"
  context.font = `${Math.min(13, unit * 0.29)}px ${map.font}`
  for (let row = 0; row < map.height; row++) {
    for (let column = 0; column < map.width; column++) {
      const value = at(map, tile, row, column)
      context.fillStyle = brightness(colour(map, value, colours)) > BRIGHT ? "#111" : "#fff"
      const short = Number.isFinite(value) ? trueMinus(+value.toFixed(2)) : printed(value)
      context.fillText(short, (left + column + 0.5) * unit, (top + row + 0.5) * unit)
    }
  }
}

// A number for rows and columns, or one for each.
const both = (value) => (Array.isArray(value) ? value : [value, value])

// The cells that a cell is made from: {map, tile, runs}, or {map, tile, whole} where it is made from all of a tile. The runs are those of
// adjacent rows and of adjacent columns, as pairs of the first and their number.
function sources(room, cell) {
  return room.data.reads.filter((reads) => reads.source === cell[0]).flatMap((reads) => {
    const { tiles } = room.maps[reads.target]
    const [kernel, stride, padding, dilation] = [reads.kernel, reads.stride, reads.padding, reads.dilation].map(both)
    const runs = [0, 1].map((axis) => adjacent(cell[2 + axis] * stride[axis] - padding[axis], kernel[axis], dilation[axis]))
    const [read, made] = reads.share
    const first = tiles > 1 ? Math.floor(cell[1] / made) * read : 0
    const which = Array.from({ length: Math.min(read, tiles - first) }, (_, place) => first + place)
    return which.map((tile) => ({ map: reads.target, tile, runs, whole: reads.whole }))
  })
}

function adjacent(first, count, step) {
  if (step === 1) return [[first, count]]
  return Array.from({ length: count }, (_, place) => [first + place * step, 1])
}

// The part of a run that the map has, its padding included.
function within([first, count], size, padding) {
  const start = Math.max(first, -padding)
  return [start, Math.min(first + count, size + padding) - start]
}

function outline(context, map, patch, unit, inner) {
  const [top, left] = corner(map, patch.tile)
  if (patch.whole) return box(context, left * unit, top * unit, map.width * unit, map.height * unit, inner)
  for (const rows of patch.runs[0]) {
    for (const columns of patch.runs[1]) {
      const [y, high] = within(rows, map.height, map.padding)
      const [x, wide] = within(columns, map.width, map.padding)
      if (high > 0 && wide > 0) box(context, (left + x) * unit, (top + y) * unit, wide * unit, high * unit, inner)
    }
  }
}

// A column of numbers as bars from a common zero, the name to the left of each and its number inside or beside it.
function drawBars(room, map, context, wide, high) {
  const style = getComputedStyle(room.canvases[room.maps.indexOf(map)])
  const line = high / map.height
  const finite = [...map.numbers].filter(Number.isFinite)
  const [low, most] = [Math.min(0, ...finite), Math.max(0, ...finite)]
  context.font = `${Math.min(12, line * 0.68)}px ${map.font}`
  context.textBaseline = "middle"
  const left = Math.min(NAME * wide, Math.max(...map.bars.map((name) => context.measureText(name).width)) + 6)
  const right = wide - context.measureText("−0.00").width - 4
  const x = (value) => left + ((right - left) * (value - low)) / (most - low || 1)
  map.bars.forEach((name, row) => {
    const value = map.numbers[row]
    const y = (row + 0.5) * line
    context.fillStyle = style.color
    context.textAlign = "left"
    context.fillText(name, 2, y, left - 5)
    context.textAlign = "right"
    context.fillText(Number.isFinite(value) ? fixed(value, 2) : printed(value), wide - 2, y)
    if (!Number.isFinite(value)) return
    context.fillStyle = `rgb(${room.colours[value < 0 ? "negative" : "positive"]})`
    context.fillRect(Math.min(x(0), x(value)), row * line + 3, Math.max(1, Math.abs(x(value) - x(0))), line - 6)
  })
}

// Around the rows that a cell is made from, or the one that was chosen.
function outlineBars(context, map, patch, wide, high, inner) {
  const line = high / map.height
  if (patch.whole) return box(context, 1, 1, wide - 2, high - 2, inner)
  for (const [first, count] of patch.runs[0]) box(context, 1, first * line + 1, wide - 2, count * line - 2, inner)
}

function draw(room, index) {
  const map = room.maps[index]
  const canvas = room.canvases[index]
  const wide = canvas.clientWidth
  if (!wide) return
  const { width, height } = layout(map)
  const unit = wide / width
  const high = map.bars.length ? canvas.clientHeight : height * unit
  sizeCanvas(canvas, wide, high)
  const context = canvas.getContext("2d")
  context.scale(canvas.width / wide, canvas.height / high) // not fitCanvas: the cells end exactly where the rounded bitmap does
  context.imageSmoothingEnabled = false
  if (map.bars.length) drawBars(room, map, context, wide, high)
  else drawCells(room, map, context, unit)
  for (const [cell, inner] of [[room.data.selected, room.selectedColour], [room.pointed, "#ffffff"]]) {
    if (!cell) continue
    const itself = { map: cell[0], tile: cell[1], runs: [[[cell[2], 1]], [[cell[3], 1]]] }
    for (const patch of [...sources(room, cell), itself].filter((patch) => patch.map === index)) {
      if (map.bars.length) outlineBars(context, map, patch, wide, high, inner)
      else outline(context, map, patch, unit, inner)
    }
  }
}

function drawCells(room, map, context, unit) {
  map.painted.forEach((picture, tile) => {
    const [top, left] = corner(map, tile)
    const edge = map.padding
    if (edge) hatch(context, (left - edge) * unit, (top - edge) * unit, (map.width + 2 * edge) * unit, (map.height + 2 * edge) * unit)
    context.drawImage(picture, left * unit, top * unit, map.width * unit, map.height * unit)
    if (unit >= 22 && !map.picture) numbersInside(context, map, tile, unit, top, left, room.colours)
  })
  drawMarks(map, context, unit, room.selectedColour)
}

function drawMarks(map, context, unit, inner) {
  for (const [tile, row, column] of map.marks) {
    const [top, left] = corner(map, tile)
    context.beginPath()
    context.arc((left + column + 0.5) * unit, (top + row + 0.5) * unit, Math.max(1.5, unit * 0.2), 0, 7)
    context.fillStyle = inner
    context.fill()
    context.lineWidth = 1
    context.strokeStyle = DARK
    context.stroke()
  }
}

function status(room, aloud) {
  const cell = room.pointed
  room.status.ariaLive = aloud ? "polite" : "off"
  room.status.textContent = cell ? sentence(room, cell) : room.data.hint
}

function sentence(room, [index, tile, row, column]) {
  const map = room.maps[index]
  const words = room.data.words
  const where = map.bars[row] ?? fill(words.cell, { row, column })
  const which = map.tiles > 1 ? `${fill(words.tile, { tile })} · ` : ""
  const inside = row >= 0 && column >= 0 && row < map.height && column < map.width
  const value = !inside
    ? map.padding_text
    : map.picture
      ? listed(words.list, map.names.map((name, k) => `${name} ${printed(at(map, tile, row, column, k))}`))
      : printed(at(map, tile, row, column))
  return fill(words.label, { name: `${map.title} · ${which}${where}`, value })
}

function point(room, cell, aloud = false) {
  if (`${cell}` === `${room.pointed}`) return
  room.pointed = cell
  status(room, aloud)
  room.maps.forEach((_, index) => draw(room, index))
}

// The cell under the pointer; padding counts as one, the gap between tiles does not.
function under(room, index, event) {
  const map = room.maps[index]
  const box = room.canvases[index].getBoundingClientRect()
  const { columns, across, down, width, height } = layout(map)
  const column = Math.floor(((event.clientX - box.left) / box.width) * width)
  const row = Math.floor(((event.clientY - box.top) / box.height) * height)
  const tile = Math.floor(row / down) * columns + Math.floor(column / across)
  const cell = [index, tile, (row % down) - map.padding, (column % across) - map.padding]
  const fits = tile < map.tiles && cell[2] < map.height + map.padding && cell[3] < map.width + map.padding
  return fits && row >= 0 && column >= 0 ? cell : null
}

function choose(room, cell) {
  const map = cell && room.maps[cell[0]]
  if (!map?.clickable || cell[2] < 0 || cell[3] < 0 || cell[2] >= map.height || cell[3] >= map.width) return
  room.send(cell)
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }

// The next cell in this direction; from the last column of one tile it is the first of the next, across the gap.
function neighbour(map, [index, tile, row, column], [down, right]) {
  const { columns } = layout(map)
  const rows = Math.ceil(map.tiles / columns)
  const y = clamp(Math.floor(tile / columns) * map.height + row + down, 0, rows * map.height - 1)
  const x = clamp((tile % columns) * map.width + column + right, 0, columns * map.width - 1)
  const next = Math.floor(y / map.height) * columns + Math.floor(x / map.width)
  return next < map.tiles ? [index, next, y % map.height, x % map.width] : null
}

function press(room, index, event) {
  const start = room.data.selected?.[0] === index ? room.data.selected : [index, 0, 0, 0]
  const cell = room.pointed?.[0] === index ? room.pointed : start
  if (event.key === "Enter" || event.key === " ") choose(room, cell)
  else if (STEPS[event.key]) {
    const next = neighbour(room.maps[index], cell, STEPS[event.key])
    if (next) point(room, next, true)
  } else return
  event.preventDefault()
}

function buildFigure(room) {
  const canvas = element("canvas", { tabIndex: 0, role: "application" })
  const index = room.canvases.push(canvas) - 1
  canvas.onpointermove = canvas.onpointerdown = (event) => point(room, under(room, index, event))
  // A finger leaves whenever it is lifted: what it has tapped stays until the next tap, here or on another map.
  canvas.onpointerleave = (event) => event.pointerType === "touch" || point(room, null)
  canvas.onblur = () => room.pointed?.[0] === index && point(room, null)
  canvas.onclick = (event) => choose(room, under(room, index, event))
  canvas.onkeydown = (event) => press(room, index, event)
  return element("figure", {}, element("figcaption"), canvas, element("div", { className: "legend" }))
}

function build(room, root) {
  room.canvases = []
  const groups = room.data.groups.map((group) => element("div", { className: "group" }, ...group.map(() => buildFigure(room))))
  root.querySelector(".maps").replaceChildren(...groups)
  room.observer = new ResizeObserver((entries) => {
    for (const { target } of entries) draw(room, room.canvases.indexOf(target))
  })
  for (const canvas of room.canvases) room.observer.observe(canvas)
}

function caption(room, index) {
  const map = room.maps[index]
  const canvas = room.canvases[index]
  const [head, , legend] = canvas.parentElement.children
  head.textContent = map.title
  canvas.parentElement.style.setProperty("--size", `${map.size}px`)
  canvas.parentElement.classList.toggle("wide", map.size > WIDE)
  const { width, height } = layout(map)
  canvas.style.aspectRatio = map.bars.length ? "auto" : `${width} / ${height}`
  canvas.style.height = map.bars.length ? `${map.height * LINE}px` : "auto"
  canvas.ariaLabel = map.alt
  canvas.dataset.clickable = map.clickable
  legend.style.display = map.legend ? "" : "none"
  const { negative, zero, positive } = room.data.colours
  const strip = element("i")
  strip.style.background = `linear-gradient(to right, ${map.scale === "grey" ? "#000, #fff" : `${negative}, ${zero}, ${positive}`})`
  legend.replaceChildren(trueMinus(rounded(map.low, 3)), strip, trueMinus(rounded(map.high, 3)))
}

// New numbers for the maps, and their cells painted in them.
function take(room, frame, data) {
  const font = getComputedStyle(frame).fontFamily
  room.data = data
  room.selectedColour = cssVariable(frame, "--lab-selected")
  room.colours = Object.fromEntries(Object.entries(data.colours).map(([name, hex]) => [name, rgb(hex)]))
  room.maps = data.groups.flat().map((map) => ({ ...map, font, numbers: decode(map.values, Float32Array) }))
  for (const map of room.maps) map.painted = Array.from({ length: map.tiles }, (_, tile) => paint(map, tile, room.colours))
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const room = rooms.get(parentElement) ?? {}
  rooms.set(parentElement, room)
  const shape = data.groups.map((group) => group.length).join()
  const frame = parentElement.querySelector(".maps")
  frame.classList.toggle("stacked", data.stacked)
  take(room, frame, data)
  room.send = (cell) => setTriggerValue("cell", cell)
  room.status = parentElement.querySelector(".status")
  if (room.shape !== shape) {
    room.observer?.disconnect()
    room.pointed = null
    build(room, parentElement)
    room.shape = shape
  }
  const map = room.pointed && room.maps[room.pointed[0]]
  if (map && (room.pointed[1] >= map.tiles || room.pointed[2] >= map.height || room.pointed[3] >= map.width)) room.pointed = null
  room.maps.forEach((_, index) => (caption(room, index), draw(room, index)))
  status(room, false)
  return () => {
    room.observer.disconnect()
    rooms.delete(parentElement)
  }
}

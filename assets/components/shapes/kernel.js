// The window of a convolution or pooling, sliding over its input. Uses lib/canvas.js, lib/dom.js, lib/numbers.js.
// The padded input lies left or above, the output right or below. The geometry comes once; playing happens in the browser.
// Rows and columns count from 0, so padding before the input is negative.
const SPEEDS = [2, 6, 20, 60] // output cells a second
const LARGEST_CELL = 30 // pixels
const TALLEST = 440
const SIDE_BY_SIDE = 480 // wide enough for input and output beside each other, however small their cells
const SMALLEST_CELL = 5 // pixels; on a narrower screen they lie beside each other while their cells aren't smaller
const GAP = 24
const MARGIN = 3
const SAMPLE = 16 // pixels, a cell of the legend
const FILLS = {
  input: "--lab-window-input",
  reading: "--lab-window-reading",
  waiting: "--st-secondary-background-color",
  done: "--lab-window-written",
  writing: "--lab-window-written",
  readers: "--lab-window-readers",
  unread: "--lab-window-unread",
}
const OPACITY = { input: 0.45, done: 0.4 } // of what lies in the background; all else is opaque
const views = new WeakMap()

// One axis with the numbers of its first and last drawn cell: a window may reach over the padded edge.
function axis(given) {
  const ends = given.output > 0 ? (given.output - 1) * given.stride + given.span - given.before : given.span - given.before
  return { ...given, first: -given.before, cells: Math.max(given.size + given.after, ends) + given.before }
}

// The numbers that the window reads at one output position.
function reads(along, position) {
  return Array.from({ length: along.kernel }, (_, i) => position * along.stride - along.before + i * along.dilation)
}

// The output positions whose window reads this number.
function readers(along, number) {
  return Array.from({ length: Math.max(0, along.output) }, (_, i) => i).filter((position) => {
    const inside = number - (position * along.stride - along.before)
    return inside >= 0 && inside < along.span && inside % along.dilation === 0
  })
}

class View {
  constructor(root) {
    this.root = root
    this.box = root.querySelector(".kernel")
    this.frame = root.querySelector(".frame")
    this.canvas = root.querySelector(".frame canvas")
    this.playButton = root.querySelector(".play")
    this.scrub = root.querySelector(".scrub input")
    this.speed = root.querySelector(".speed select")
    this.status = root.querySelector(".status")
    this.legend = root.querySelector(".legend")
    this.position = 0
    this.playing = false
    this.hover = null
    this.base = document.createElement("canvas")
    this.listen()
    this.observer = new ResizeObserver(() => this.width !== this.frame.clientWidth && this.layout())
    this.observer.observe(this.frame)
  }

  listen() {
    const { root } = this
    this.playButton.onclick = () => this.play(!this.playing)
    root.querySelector(".back").onclick = () => this.to(this.position - 1)
    root.querySelector(".step").onclick = () => this.to(this.position + 1)
    this.scrub.oninput = () => this.to(Number(this.scrub.value))
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    const first = calm ? SPEEDS[0] : SPEEDS[1]
    this.speed.replaceChildren(...SPEEDS.map((speed) => new Option(`${speed}/s`, speed, false, speed === first)))
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => this.point(event)
    // a finger leaves whenever it is lifted: what it has tapped stays until the next tap
    this.canvas.onpointerleave = (event) => event.pointerType === "touch" || this.pointAt(null)
    this.canvas.onclick = () => this.hover?.kind === "output" && this.to(this.hover.row * this.columns.output + this.hover.column)
    this.canvas.onkeydown = (event) => this.press(event)
  }

  close() {
    this.observer.disconnect()
    cancelAnimationFrame(this.timer)
  }

  // New data: the animation starts anew only where the geometry is another one.
  show(data) {
    const geometry = JSON.stringify([data.rows, data.columns])
    this.labels = data.labels
    this.rows = axis(data.rows)
    this.columns = axis(data.columns)
    this.total = Math.max(0, this.rows.output) * Math.max(0, this.columns.output)
    if (geometry !== this.geometry) {
      this.geometry = geometry
      this.position = 0
      this.hover = null
    }
    for (const name of ["back", "step"]) this.root.querySelector(`.${name}`).textContent = this.labels[name]
    this.root.querySelector(".scrub span").textContent = this.labels.position
    this.root.querySelector(".speed span").textContent = this.labels.speed
    for (const control of this.root.querySelectorAll("button, .scrub input")) control.disabled = this.total < 2
    this.scrub.max = Math.max(0, this.total - 1)
    if (this.total < 2) this.playing = false
    this.layout()
  }

  layout() {
    if (!this.rows) return
    this.width = this.frame.clientWidth
    if (!this.width) return
    this.place()
    for (const canvas of [this.canvas, this.base]) fitCanvas(canvas, this.width, this.height)
    this.canvas.style.width = `${this.width}px`
    this.canvas.style.height = `${this.height}px`
    this.text = cssVariable(this.box, "--st-text-color")
    this.fills = Object.fromEntries(Object.entries(FILLS).map(([kind, name]) => [kind, cssVariable(this.box, name)]))
    this.paintBase()
    this.paintLegend()
    this.draw()
  }

  // The size of a cell, and where input and output begin: beside each other where there is room, else one below the other.
  place() {
    const { rows, columns } = this
    const [high, wide] = [Math.max(0, rows.output), Math.max(0, columns.output)]
    const room = this.width - 2 * MARGIN
    const shared = (room - GAP) / (columns.cells + Math.max(wide, 1))
    const beside = this.width >= SIDE_BY_SIDE || shared >= SMALLEST_CELL
    const across = beside ? shared : room / Math.max(columns.cells, wide)
    const down = TALLEST / Math.max(rows.cells, high)
    const cell = Math.min(LARGEST_CELL, across, Math.max(down, beside ? 0 : across))
    this.cell = cell >= 6 ? Math.floor(cell) : cell
    const input = [MARGIN, MARGIN]
    const output = beside ? [MARGIN + columns.cells * this.cell + GAP, MARGIN] : [MARGIN, MARGIN + rows.cells * this.cell + GAP / 2]
    this.origin = { input, output }
    const height = beside ? Math.max(rows.cells, high) : rows.cells + high
    this.height = Math.ceil(height * this.cell + 2 * MARGIN + (beside || !high ? 0 : GAP / 2))
    this.canvas.dataset.layout = JSON.stringify({ cell: this.cell, input, output, first: [rows.first, columns.first] })
  }

  // A cell of the picture, a hair smaller than its place so that a grid shows.
  square(kind, row, column) {
    const [x, y] = this.origin[kind]
    const [first, left] = kind === "input" ? [this.rows.first, this.columns.first] : [0, 0]
    const gap = this.cell >= 5 ? 1 : 0
    return [x + (column - left) * this.cell, y + (row - first) * this.cell, this.cell - gap, this.cell - gap]
  }

  paintBase() {
    const context = this.base.getContext("2d")
    context.clearRect(0, 0, this.width, this.height)
    const lost = [new Set(this.rows.unread), new Set(this.columns.unread)]
    const { rows, columns } = this
    for (let row = rows.first; row < rows.size + rows.after; row++) {
      for (let column = columns.first; column < columns.size + columns.after; column++) {
        const place = this.square("input", row, column)
        const inside = row >= 0 && row < rows.size && column >= 0 && column < columns.size
        const kind = !inside ? "padding" : lost[0].has(row) || lost[1].has(column) ? "unread" : "input"
        this.paintCell(context, kind, place)
      }
    }
    for (let row = 0; row < rows.output; row++) {
      for (let column = 0; column < columns.output; column++) this.paintCell(context, "waiting", this.square("output", row, column))
    }
  }

  paintCell(context, kind, place) {
    if (kind === "padding") this.dash(context, place)
    else if (kind === "unread") this.strike(context, place)
    else {
      context.fillStyle = this.fills[kind]
      context.globalAlpha = OPACITY[kind] ?? 1
      context.fillRect(...place)
      if (kind === "waiting") this.frameThinly(context, place, 0.3)
    }
    context.globalAlpha = 1
  }

  frameThinly(context, [x, y, width, height], opacity) {
    context.globalAlpha = opacity
    context.strokeStyle = this.text
    context.lineWidth = 1
    context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1)
  }

  dash(context, place) {
    context.setLineDash(place[2] > 8 ? [2, 2] : [])
    this.frameThinly(context, place, 0.45)
    context.setLineDash([])
  }

  strike(context, [x, y, width, height]) {
    context.fillStyle = context.strokeStyle = this.fills.unread
    context.globalAlpha = 0.18
    context.fillRect(x, y, width, height)
    context.globalAlpha = 0.9
    context.lineWidth = width > 8 ? 1.5 : 0.8
    context.beginPath()
    context.moveTo(x, y + height)
    context.lineTo(x + width, y)
    context.stroke()
  }

  draw() {
    const context = this.canvas.getContext("2d")
    context.clearRect(0, 0, this.width, this.height)
    context.drawImage(this.base, 0, 0, this.width, this.height)
    const [row, column] = this.shown()
    if (this.total) {
      this.paintDone(context)
      if (this.hover?.kind === "input") this.paintReaders(context)
      else this.paintWindow(context, row, column)
    } else this.paintOverhang(context)
    this.report(row, column)
  }

  // The output cell to show: the one under the pointer, else where the animation is.
  shown() {
    if (this.hover?.kind === "output") return [this.hover.row, this.hover.column]
    return [Math.floor(this.position / this.columns.output), this.position % this.columns.output]
  }

  paintDone(context) {
    for (let index = 0; index <= this.position; index++) {
      const place = this.square("output", Math.floor(index / this.columns.output), index % this.columns.output)
      this.paintCell(context, "done", place)
    }
  }

  paintWindow(context, row, column) {
    for (const r of reads(this.rows, row)) {
      for (const c of reads(this.columns, column)) this.paintCell(context, "reading", this.square("input", r, c))
    }
    this.outline(context, reads(this.rows, row)[0], reads(this.columns, column)[0], this.text)
    this.paintCell(context, "writing", this.square("output", row, column))
    const [x, y, width, height] = this.square("output", row, column)
    context.strokeStyle = this.text
    context.lineWidth = 2
    context.strokeRect(x, y, width, height)
  }

  paintReaders(context) {
    const { row, column } = this.hover
    this.paintCell(context, "readers", this.square("input", row, column))
    for (const r of readers(this.rows, row)) {
      for (const c of readers(this.columns, column)) this.paintCell(context, "readers", this.square("output", r, c))
    }
  }

  // A kernel that finds no place lies over the whole input, and beyond.
  paintOverhang(context) {
    this.outline(context, this.rows.first, this.columns.first, this.fills.unread)
  }

  outline(context, row, column, colour) {
    const [x, y] = this.square("input", row, column)
    context.strokeStyle = colour
    context.lineWidth = 2
    context.strokeRect(x, y, this.columns.span * this.cell - 1, this.rows.span * this.cell - 1)
  }

  paintLegend() {
    const kinds = ["input", "padding", "reading", "done", "unread"].filter(
      (kind) =>
        (kind !== "padding" || this.rows.before + this.rows.after + this.columns.before + this.columns.after > 0) &&
        (kind !== "unread" || this.rows.unread.length + this.columns.unread.length > 0),
    )
    this.legend.replaceChildren(
      ...kinds.map((kind) => {
        const sample = element("canvas", { ariaHidden: true })
        sample.style.width = sample.style.height = `${SAMPLE}px`
        this.paintCell(fitCanvas(sample, SAMPLE, SAMPLE), kind, [0, 0, SAMPLE, SAMPLE])
        return element("li", {}, sample, this.labels[`legend_${kind}`])
      }),
    )
  }

  numbers(list) {
    const printed = list.map(trueMinus)
    const dense = list.length > 2 && list.at(-1) - list[0] === list.length - 1
    return dense ? fill(this.labels.range, { first: printed[0], last: printed.at(-1) }) : listed(this.labels.list, printed)
  }

  // One sentence that says what the picture shows.
  sentence(row, column) {
    const { rows, columns, labels, hover } = this
    if (!this.total) return labels.nothing
    if (hover?.kind !== "input") {
      const values = { row, column, rows: this.numbers(reads(rows, row)), columns: this.numbers(reads(columns, column)) }
      return fill(labels.output, values)
    }
    const [high, wide] = [readers(rows, hover.row), readers(columns, hover.column)]
    const inside = hover.row >= 0 && hover.row < rows.size && hover.column >= 0 && hover.column < columns.size
    const values = { row: this.numbers([hover.row]), column: this.numbers([hover.column]), count: high.length * wide.length }
    Object.assign(values, { rows: this.numbers(high), columns: this.numbers(wide) })
    const key = inside ? "input" : "padding"
    return fill(values.count ? labels[key] : labels[`${key}_unread`], values)
  }

  report(row, column) {
    const sentence = this.sentence(row, column)
    this.status.textContent = sentence
    this.status.ariaLive = this.playing ? "off" : "polite"
    this.canvas.ariaLabel = fill(this.labels.sentences, { first: this.labels.picture, second: sentence })
    this.scrub.value = this.position
    this.playButton.textContent = this.playing ? this.labels.pause : this.labels.play
    Object.assign(this.box.dataset, { position: this.position, total: this.total, playing: this.playing })
    this.box.dataset.hover = this.hover ? `${this.hover.kind} ${this.hover.row},${this.hover.column}` : ""
  }

  to(position) {
    this.play(false)
    this.hover = null // what was tapped makes way
    this.position = clamp(position, 0, Math.max(0, this.total - 1))
    this.draw()
  }

  play(on) {
    if (on && this.position >= this.total - 1) this.position = 0
    this.playing = on && this.total > 1
    this.hover = on ? null : this.hover
    cancelAnimationFrame(this.timer)
    this.draw()
    if (!this.playing) return
    let [last, owed] = [performance.now(), 0]
    const tick = (now) => {
      owed += ((now - last) * Number(this.speed.value)) / 1000
      last = now
      const steps = Math.floor(owed)
      owed -= steps
      this.position = Math.min(this.position + steps, this.total - 1)
      this.playing &&= this.position < this.total - 1
      if (steps) this.draw()
      if (this.playing) this.timer = requestAnimationFrame(tick)
    }
    this.timer = requestAnimationFrame(tick)
  }

  press(event) {
    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns.output, ArrowUp: -this.columns.output }
    if (event.key in moves) this.to(this.position + moves[event.key])
    else if (event.key === " ") this.play(!this.playing)
    else if (event.key === "Home") this.to(0)
    else if (event.key === "End") this.to(this.total - 1)
    else return
    event.preventDefault()
  }

  point(event) {
    const place = this.canvas.getBoundingClientRect()
    const [x, y] = [event.clientX - place.left, event.clientY - place.top]
    const cellOf = (kind, high, wide, first, left) => {
      const [row, column] = [Math.floor((y - this.origin[kind][1]) / this.cell), Math.floor((x - this.origin[kind][0]) / this.cell)]
      return row >= 0 && row < high && column >= 0 && column < wide ? { kind, row: row + first, column: column + left } : null
    }
    const { rows, columns } = this
    const high = rows.before + rows.size + rows.after
    const wide = columns.before + columns.size + columns.after
    this.pointAt(cellOf("output", rows.output, columns.output, 0, 0) ?? cellOf("input", high, wide, rows.first, columns.first))
  }

  pointAt(hover) {
    if (JSON.stringify(hover) === JSON.stringify(this.hover) || !this.total) return
    this.hover = hover
    if (!this.playing) this.draw()
  }
}

export default function (component) {
  const { data, parentElement } = component
  let view = views.get(parentElement)
  if (!view) views.set(parentElement, (view = new View(parentElement)))
  view.show(data)
  return () => {
    view.close()
    views.delete(parentElement)
  }
}

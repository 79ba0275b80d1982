// The race of the optimizers over a surface. Uses contours.js, lib/canvas.js, lib/dom.js, lib/numbers.js.
// Paths are sent once; playing, stepping and scrubbing happen here, without the server.
const SWATCH = 18 // pixels
const CURVE = 150 // pixels, at least
const REST = 100 // milliseconds between two readings of the board while the race plays
const SPEEDS = [5, 20, 60, 200, 600] // steps a second
const races = new WeakMap()

function read(data) {
  const points = decode(data.points, Float32Array)
  const values = decode(data.values, Float32Array)
  const count = data.steps + 1
  return data.paths.map((path, k) => ({
    ...path,
    points: points.subarray(2 * k * count, 2 * (k + 1) * count),
    values: values.subarray(k * count, (k + 1) * count),
  }))
}

class Race {
  constructor(root) {
    this.root = root
    this.at = (name) => root.querySelector(`.${name}`)
    this.hidden = new Set()
    this.speed = 60
    this.cursor = 0
    this.playing = false
    this.aim = null
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches
    this.observer = new ResizeObserver(() => this.resize())
    this.observer.observe(root)
    this.listen()
  }

  listen() {
    const map = this.at("map")
    this.at("play").onclick = () => this.toggle()
    this.at("back").onclick = () => this.stop(Math.ceil(this.cursor) - 1)
    this.at("on").onclick = () => this.stop(Math.floor(this.cursor) + 1)
    this.at("scrub").oninput = (event) => this.stop(Number(event.target.value), false)
    this.at("scrub").onchange = () => this.release()
    this.at("speed").onchange = (event) => { this.speed = Number(event.target.value) }
    map.onclick = (event) => this.choose(...this.place.from(event.offsetX, event.offsetY))
    map.onpointermove = map.onpointerdown = (event) => this.hover([event.offsetX, event.offsetY])
    map.onpointerleave = (event) => event.pointerType === "touch" || this.hover(null)
    map.onkeydown = (event) => this.key(event)
  }

  take(component) {
    const { data } = component
    this.send = component.setTriggerValue
    this.words = data.words
    this.look = theme(this.root)
    if (this.data?.id !== data.id) {
      const grown = this.data?.course === data.course // only other steps or optimizers of the same race
      this.paths = read(data)
      this.surface = field(data.field)
      if (!grown) this.cursor = 0
      this.aim = null
    }
    this.data = data
    this.cursor = Math.min(this.cursor, data.steps)
    this.label()
    this.board()
    this.resize(true)
  }

  label() {
    const { words, data } = this
    this.at("back").ariaLabel = this.at("back").title = words.back
    this.at("on").ariaLabel = this.at("on").title = words.on
    this.at("scrub").ariaLabel = words.scrub
    this.at("scrub").max = data.steps
    this.at("speed").ariaLabel = words.speed
    const option = (speed) => new Option(fill(words.speed_of, { n: speed }), speed, false, speed === this.speed)
    this.at("speed").replaceChildren(...SPEEDS.map(option))
    this.at("map").ariaLabel = words.map
    this.at("curve").ariaLabel = words.curve
    this.at("curve-name").textContent = words.curve
  }

  board() {
    const titles = ["who", ...this.columns()].map((name) => element("th", { scope: "col" }, this.words[name]))
    this.rows = this.paths.map((path) => this.row(path))
    this.at("board").replaceChildren(element("tr", {}, ...titles), ...this.rows.map((row) => row.line))
  }

  // What the board says of each path; where there is no minimum, there is no distance from it.
  columns() {
    return ["value", ...(this.data.minima.length ? ["distance"] : []), "state"]
  }

  row(path) {
    const cells = this.columns().map((name) => element("td", { className: name }))
    const line = element("tr", {}, element("th", { scope: "row" }, this.racerButton(path)), ...cells)
    line.dataset.path = path.key
    return { line, cells: Object.fromEntries(cells.map((cell) => [cell.className, cell])) }
  }

  // A button that shows and hides a path.
  racerButton(path) {
    const swatch = element("canvas")
    head(fitCanvas(swatch, SWATCH, SWATCH, pixelRatio(FINEST)), SWATCH / 2, SWATCH / 2, path.mark, this.look)
    const button = element("button", { type: "button", title: this.words.toggle }, swatch, path.name)
    button.style.setProperty("--colour", path.mark.colour)
    button.dataset.shape = path.mark.shape
    button.ariaPressed = !this.hidden.has(path.key)
    button.onclick = () => {
      if (!this.hidden.delete(path.key)) this.hidden.add(path.key)
      button.ariaPressed = !this.hidden.has(path.key)
      this.redraw()
    }
    return button
  }

  resize(always = false) {
    if (!this.data) return
    const width = this.at("map").clientWidth
    if (!width || (!always && width === this.size?.width)) return
    this.size = fit(this.at("map"), Math.round(clamp(width * 0.72, 240, 460)))
    this.small = fit(this.at("curve"), this.curveHeight())
    this.place = view(this.surface, this.size)
    this.ground = paint(this.surface, this.size, this.look)
    flats(this.ground, this.data.flat, this.place, this.look)
    axes(this.ground, this.surface, this.place, this.size, this.look)
    this.scale()
    this.redraw()
  }

  // Beside the map, the curve ends where the map does.
  curveHeight() {
    const [map, side, curve] = ["map", "side", "curve"].map((name) => this.at(name).getBoundingClientRect())
    return side.left > map.left ? Math.max(CURVE, Math.round(map.bottom - curve.top)) : CURVE
  }

  // The curve shows values on the scale of the contours, within what the map shows.
  scale() {
    const { low, high, scaled } = this.surface
    let [least, most] = [Infinity, -Infinity]
    for (const path of this.paths) {
      for (const value of path.values) {
        const height = clamp(scaled(value), low, high)
        if (height < least) least = height
        if (height > most) most = height
      }
    }
    if (!(most > least)) [least, most] = [low, high]
    const { width, height } = this.small
    const room = height - 10
    this.along = (step) => 4 + (step / Math.max(1, this.data.steps)) * (width - 8)
    this.up = (value) => 5 + room * (1 - (clamp(scaled(value), low, high) - least) / (most - least))
  }

  redraw() {
    this.trails = layer(this.size)
    this.curves = layer(this.small)
    this.lengths = this.paths.map(() => 0)
    this.drawn = 0
    this.extend(Math.floor(this.cursor))
    this.show()
  }

  extend(step) {
    if (step < this.drawn) return this.redraw()
    if (step > this.drawn) {
      this.paths.forEach((path, k) => {
        if (!this.hidden.has(path.key)) this.extendPath(path, k, step)
      })
    }
    this.drawn = step
    return undefined
  }

  // A path and its curve from the step that is drawn already to this one.
  extendPath(path, k, step) {
    const { trails, curves, place, drawn } = this
    trails.strokeStyle = curves.strokeStyle = path.mark.colour
    trails.lineWidth = 2.5
    curves.lineWidth = 1.75
    trails.setLineDash(path.mark.dash)
    trails.lineDashOffset = -this.lengths[k]
    trails.beginPath()
    curves.beginPath()
    let [px, py] = [place.x(path.points[2 * drawn]), place.y(path.points[2 * drawn + 1])]
    trails.moveTo(px, py)
    curves.moveTo(this.along(drawn), this.up(path.values[drawn]))
    for (let i = drawn + 1; i <= step; i += 1) {
      const [qx, qy] = [place.x(path.points[2 * i]), place.y(path.points[2 * i + 1])]
      if (Number.isNaN(qx) || Number.isNaN(qy) || Number.isNaN(path.values[i])) break
      this.lengths[k] += Math.hypot(qx - px, qy - py)
      if (this.outside(px, py) && this.outside(qx, qy)) trails.moveTo(qx, qy) // a path that flies off isn't drawn across the map
      else trails.lineTo(qx, qy)
      curves.lineTo(this.along(i), this.up(path.values[i]));
      [px, py] = [qx, qy]
    }
    trails.stroke()
    curves.stroke()
  }

  outside(px, py) {
    return px < 0 || py < 0 || px > this.size.width || py > this.size.height
  }

  show() {
    const step = Math.floor(this.cursor)
    this.showMap(step)
    this.showCurve()
    this.report(step)
  }

  showMap(step) {
    const context = this.at("map").getContext("2d")
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.drawImage(this.ground.canvas, 0, 0)
    context.drawImage(this.trails.canvas, 0, 0)
    context.setTransform(this.size.ratio, 0, 0, this.size.ratio, 0, 0)
    this.ring(context, ...this.data.start)
    if (this.aim) this.ring(context, ...this.aim, true)
    for (const path of this.paths) if (!this.hidden.has(path.key)) this.head(context, path, step)
  }

  showCurve() {
    const curve = this.at("curve").getContext("2d")
    curve.setTransform(1, 0, 0, 1, 0, 0)
    curve.clearRect(0, 0, curve.canvas.width, curve.canvas.height)
    curve.fillStyle = this.look.text
    curve.globalAlpha = 0.35
    curve.fillRect(this.along(this.cursor) * this.small.ratio, 0, this.small.ratio, curve.canvas.height)
    curve.globalAlpha = 1
    curve.drawImage(this.curves.canvas, 0, 0)
  }

  ring(context, x, y, dashed = false) {
    context.beginPath()
    context.setLineDash(dashed ? [3, 3] : [])
    context.arc(this.place.x(x), this.place.y(y), 10, 0, 7)
    context.strokeStyle = this.look.text
    context.lineWidth = 1.5
    context.stroke()
    context.setLineDash([])
  }

  head(context, path, step) {
    let last = step
    while (last > 0 && !(Number.isFinite(path.points[2 * last]) && Number.isFinite(path.points[2 * last + 1]))) last -= 1
    const [x, y] = [this.place.x(path.points[2 * last]), this.place.y(path.points[2 * last + 1])]
    const [inX, inY] = [clamp(x, 6, this.size.width - 6), clamp(y, 6, this.size.height - 6)]
    head(context, inX, inY, path.mark, this.look, inX !== x || inY !== y)
  }

  report(step) {
    this.root.dataset.step = step
    this.root.dataset.playing = this.playing
    this.at("scrub").value = step
    const now = performance.now()
    if (this.playing && now - (this.reported ?? 0) < REST) return
    this.reported = now
    this.reportStep(step)
    this.paths.forEach((path, k) => this.reportPath(path, this.rows[k].cells, step))
    const news = this.news(step)
    if (this.at("news").textContent !== news) this.at("news").textContent = news // read aloud when it changes
  }

  reportStep(step) {
    this.at("step").textContent = fill(this.words.step, { step, steps: this.data.steps })
    const face = this.playing ? "pause" : step >= this.data.steps ? "again" : "play"
    this.at("play").textContent = `${{ play: "▶", pause: "❚❚", again: "↺" }[face]} ${this.words[face]}`
  }

  reportPath(path, cells, step) {
    cells.value.textContent = valueText(path.values[step])
    if (cells.distance) cells.distance.textContent = valueText(this.distance(path, step))
    const [state, reached] = this.state(path, step)
    cells.state.textContent = fill(this.words[state], { step: reached })
    cells.state.dataset.state = state
  }

  distance(path, step) {
    const [x, y] = [path.points[2 * step], path.points[2 * step + 1]]
    return Math.min(...this.data.minima.map(([a, b]) => Math.hypot(x - a, y - b)))
  }

  state(path, step) {
    const past = (moment) => moment !== null && moment <= step
    if (past(path.diverged)) return path.fell ? ["fell", path.left] : ["diverged", path.diverged]
    if (past(path.reached)) return ["reached", path.reached]
    const [x, y] = [path.points[2 * step], path.points[2 * step + 1]]
    const { left, right, bottom, top } = this.surface
    if (past(path.left)) return ["left", path.left]
    return [x < left || x > right || y < bottom || y > top ? "outside" : "under_way", step]
  }

  // Who was first, as far as the race has come.
  news(step) {
    const goal = this.data.minima.length ? "reached" : "left"
    const there = this.paths.filter((path) => path[goal] !== null && path[goal] <= step).sort((a, b) => a[goal] - b[goal])
    if (!there.length) return step ? this.words.nobody : this.words.ready
    const names = there.map((path) => fill(this.words.note, { name: path.name, note: path[goal] }))
    return fill(this.words[`first_${goal}`], { names: listed(this.words.list, names) })
  }

  toggle() {
    if (this.playing) return this.stop(Math.floor(this.cursor))
    if (this.cursor >= this.data.steps) { this.cursor = 0; this.redraw() }
    this.playing = true
    this.before = performance.now()
    this.frames = 0
    this.counted = this.before
    requestAnimationFrame((now) => this.frame(now))
    return undefined
  }

  frame(now) {
    if (!this.playing || !this.root.isConnected) return
    this.frames += 1
    if (now - this.counted >= 500) {
      this.root.dataset.fps = ((1000 * this.frames) / (now - this.counted)).toFixed(1);
      [this.frames, this.counted] = [0, now]
    }
    const wait = this.still ? 500 : 0 // who asked for less motion gets two pictures a second
    if (now - this.before >= wait) {
      this.cursor = Math.min(this.data.steps, this.cursor + (this.speed * Math.max(0, now - this.before)) / 1000)
      this.before = now
      this.extend(Math.floor(this.cursor))
      if (this.cursor >= this.data.steps) return this.stop(this.data.steps)
      this.show()
    }
    requestAnimationFrame((next) => this.frame(next))
    return undefined
  }

  stop(step, released = true) {
    this.playing = false
    this.cursor = clamp(step, 0, this.data.steps)
    this.extend(this.cursor)
    this.show()
    if (released) this.release()
  }

  release() {
    if (this.data.follow && this.sent !== Math.floor(this.cursor)) {
      this.sent = Math.floor(this.cursor)
      this.send("moment", this.sent)
    }
  }

  hover(pointer) {
    if (pointer) this.readOut(...this.place.from(...pointer))
    else this.at("under").textContent = ""
  }

  readOut(x, y) {
    const values = { x: x.toFixed(3), y: y.toFixed(3), value: valueText(this.surface.value(x, y)) }
    this.at("under").textContent = fill(this.words.here, values)
  }

  choose(x, y) {
    if (!this.data.clickable) return
    this.aim = [Number(x.toPrecision(4)), Number(y.toPrecision(4))]
    this.show()
    this.readOut(x, y) // the finger's own place may be a fraction of a pixel beside it
    this.send("start", this.aim)
  }

  key(event) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]
    if (event.key === " ") this.toggle()
    else if (event.key === "Enter" && this.aim) this.choose(...this.aim)
    else if (move && this.data.clickable) this.moveAim(move, event.shiftKey ? 0.005 : 0.025)
    else return
    event.preventDefault()
  }

  // Move the aimed start by this share of the map.
  moveAim([right, up], share) {
    const { surface } = this
    const [x, y] = this.aim ?? this.data.start
    this.aim = [
      clamp(x + right * share * (surface.right - surface.left), surface.left, surface.right),
      clamp(y + up * share * (surface.top - surface.bottom), surface.bottom, surface.top),
    ]
    this.readOut(...this.aim)
    this.show()
  }
}

export default function (component) {
  const root = component.parentElement.querySelector(".arena")
  if (!races.has(root)) races.set(root, new Race(root))
  const race = races.get(root)
  race.take(component)
  return () => {
    race.playing = false
    race.observer.disconnect()
    races.delete(root)
  }
}

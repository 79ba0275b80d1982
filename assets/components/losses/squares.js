// Targets and predictions over their index, and the square on each error; predictions move. Uses lib/dom.js, lib/numbers.js.
const WIDEST = 620 // pixels, and one of the drawing is one of the screen
const NARROWEST = 260
const LEFT = 34
const TOP = 12
const BOTTOM = 26
const TALLEST = 400
const RING = 8
const REACH = 14 // around a ring, for a finger
const TICKS = 10 // at most
const MOVES = { ArrowUp: 0.1, ArrowRight: 0.1, ArrowDown: -0.1, ArrowLeft: -0.1, PageUp: 1, PageDown: -1 }
const PATIENCE = 150 // milliseconds without another key until the predictions are sent

// Both axes have the same unit, so that a square is a square; each sample has room for its own.
function scales(data, values, width) {
  const all = [...data.targets, ...values]
  const low = Math.floor(Math.min(0, ...all))
  const high = Math.ceil(Math.max(1, ...all))
  const sides = values.map((value, index) => Math.abs(value - data.targets[index]))
  const across = sides.reduce((sum, side) => sum + side, 0)
  const gap = Math.max(0.5, (high - low) * 0.12)
  const unit = Math.min((width - LEFT - 10) / (across + gap * (values.length + 1)), TALLEST / (high - low))
  let x = LEFT + gap * unit
  const places = sides.map((side) => {
    const place = x
    x += (side + gap) * unit
    return place
  })
  return { width, low, high, unit, places, height: (high - low) * unit + TOP + BOTTOM, y: (value) => TOP + (high - value) * unit }
}

function axis({ width, low, high, y }) {
  const step = [1, 2, 5, 10, 20, 50].find((size) => (high - low) / size <= TICKS) ?? 100
  const lines = []
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
    lines.push(svg("line", { class: "grid", x1: LEFT, x2: width, y1: y(value), y2: y(value) }))
    lines.push(svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, value))
  }
  return lines
}

function knob(data, index, value, x, y) {
  const made = svg("g", { class: "prediction", tabindex: 0, role: "slider", "data-prediction": index })
  made.append(...[REACH, RING].map((r) => svg("circle", { cx: x, cy: y, r })))
  made.setAttribute("aria-label", fill(data.labels.slider, { n: index + 1 }))
  made.setAttribute("aria-valuenow", value)
  made.setAttribute("aria-valuemin", data.low)
  made.setAttribute("aria-valuemax", data.high)
  made.setAttribute("aria-orientation", "vertical")
  return made
}

function sample({ data, values, scale }, index) {
  const [value, target, x] = [values[index], data.targets[index], scale.places[index]]
  const side = Math.abs(value - target) * scale.unit
  return [
    svg("rect", { class: "square", x, y: scale.y(Math.max(value, target)), width: side, height: side }),
    svg("circle", { class: "target", cx: x, cy: scale.y(target), r: 6 }),
    svg("text", { x, y: scale.height - 8, "text-anchor": "middle" }, index + 1),
    knob(data, index, value, x, scale.y(value)),
  ]
}

// The scale stays while a prediction moves: nothing else on the figure runs away from the hand.
function draw(root, figure) {
  const { data, values, scale } = figure
  const picture = svg("svg", { viewBox: `0 0 ${scale.width} ${scale.height}`, role: "group", "aria-label": data.labels.figure })
  picture.append(...axis(scale), ...values.flatMap((_, index) => sample(figure, index)))
  root.replaceChildren(picture)
}

function move(root, figure, index, value) {
  const { data, values } = figure
  values[index] = Math.round(clamp(value, data.low, data.high) * 10) / 10
  draw(root, figure)
  focus(root, index)
}

// A ring that was taken stays chosen: the arrow keys go on from there.
function focus(root, index) {
  root.querySelector(`[data-prediction="${index}"]`).focus()
}

// The ring that an event is about, by its number.
function ringOf(event) {
  return event.target.closest("[data-prediction]")?.dataset.prediction
}

function press(root, figure, event, send) {
  const index = ringOf(event)
  const step = MOVES[event.key]
  if (index === undefined || step === undefined) return
  event.preventDefault()
  move(root, figure, index, figure.values[index] + step)
  clearTimeout(root.timer)
  root.timer = setTimeout(send, PATIENCE)
}

function grab(root, figure, event, send) {
  const index = ringOf(event)
  if (index === undefined) return
  event.preventDefault()
  focus(root, index)
  root.dragging = true
  root.setPointerCapture(event.pointerId)
  root.onpointermove = (moved) => {
    const { scale } = figure
    const box = root.querySelector("svg").getBoundingClientRect()
    const y = ((moved.clientY - box.top) / box.height) * scale.height
    move(root, figure, index, scale.high - (y - TOP) / scale.unit)
  }
  root.onpointerup = root.onpointercancel = () => {
    root.onpointermove = root.onpointerup = root.onpointercancel = null
    root.dragging = false
    send()
  }
}

// Draw the figure as wide as there is room.
function fit(root, figure) {
  const width = clamp(root.clientWidth, NARROWEST, WIDEST)
  if (root.dragging || figure.scale?.width === width) return
  figure.scale = scales(figure.data, figure.values, width)
  keepFocus(root, "prediction", () => draw(root, figure))
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".frame")
  if (root.dragging) return undefined // an answer to an earlier move; the end of this one asks again
  const figure = { data, values: [...data.predictions] }
  const send = () => setTriggerValue("predictions", figure.values)
  fit(root, figure)
  const observer = new ResizeObserver(() => fit(root, figure))
  observer.observe(root)
  root.onkeydown = (event) => press(root, figure, event, send)
  root.onpointerdown = (event) => grab(root, figure, event, send)
  return () => observer.disconnect()
}

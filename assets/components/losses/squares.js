// Targets and predictions over their index; the square on each error is its squared error. Predictions move: by pointer or arrow keys.
const SVG = "http://www.w3.org/2000/svg"
const WIDTH = 620
const LEFT = 34
const TOP = 12
const BOTTOM = 26

function add(parent, kind, attributes, text) {
  const made = document.createElementNS(SVG, kind)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text !== undefined) made.textContent = text
  parent.append(made)
  return made
}

// Both axes have the same unit, so that a square is a square; each sample has room for its own.
function scales(data, values) {
  const all = [...data.targets, ...values]
  const low = Math.floor(Math.min(0, ...all))
  const high = Math.ceil(Math.max(1, ...all))
  const sides = values.map((value, index) => Math.abs(value - data.targets[index]))
  const across = sides.reduce((sum, side) => sum + side, 0)
  const gap = Math.max(0.5, (high - low) * 0.12)
  const unit = Math.min((WIDTH - LEFT - 10) / (across + gap * (values.length + 1)), 400 / (high - low))
  let x = LEFT + gap * unit
  const places = sides.map((side) => {
    const place = x
    x += (side + gap) * unit
    return place
  })
  return { low, high, unit, places, sides, height: (high - low) * unit + TOP + BOTTOM, y: (value) => TOP + (high - value) * unit }
}

function draw(root, data, values, frozen) {
  const scale = frozen ?? scales(data, values)
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${scale.height}`)
  svg.setAttribute("role", "group")
  svg.setAttribute("aria-label", data.labels.figure)
  const step = [1, 2, 5, 10, 20, 50].find((size) => (scale.high - scale.low) / size <= 10) ?? 100
  for (let value = Math.ceil(scale.low / step) * step; value <= scale.high; value += step) {
    add(svg, "line", { class: "grid", x1: LEFT, x2: WIDTH, y1: scale.y(value), y2: scale.y(value) })
    add(svg, "text", { x: LEFT - 6, y: scale.y(value) + 4, "text-anchor": "end" }, value)
  }
  values.forEach((value, index) => {
    const target = data.targets[index]
    const x = scale.places[index]
    const side = Math.abs(value - target) * scale.unit
    add(svg, "rect", { class: "square", x, y: scale.y(Math.max(value, target)), width: side, height: side })
    add(svg, "circle", { class: "target", cx: x, cy: scale.y(target), r: 6 })
    add(svg, "text", { x, y: scale.height - 8, "text-anchor": "middle" }, index + 1)
    const knob = add(svg, "circle", { class: "prediction", cx: x, cy: scale.y(value), r: 8, tabindex: 0, role: "slider" })
    knob.dataset.prediction = index
    knob.setAttribute("aria-label", data.labels.slider.replace("{n}", index + 1))
    knob.setAttribute("aria-valuenow", value)
    knob.setAttribute("aria-valuemin", data.low)
    knob.setAttribute("aria-valuemax", data.high)
    knob.setAttribute("aria-orientation", "vertical")
  })
  root.replaceChildren(svg)
  return scale
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".frame")
  if (root.dragging) return undefined // an answer to an earlier move; the end of this one asks again
  const focused = parentElement.activeElement ?? parentElement.getRootNode().activeElement
  const index = focused?.dataset?.prediction
  let values = [...data.predictions]
  let scale = draw(root, data, values)
  if (index !== undefined) root.querySelector(`[data-prediction="${index}"]`)?.focus()

  const set = (index, value) => {
    values[index] = Math.round(Math.min(data.high, Math.max(data.low, value)) * 10) / 10
  }
  root.onkeydown = (event) => {
    const index = event.target.dataset.prediction
    const move = { ArrowUp: 0.1, ArrowRight: 0.1, ArrowDown: -0.1, ArrowLeft: -0.1, PageUp: 1, PageDown: -1 }[event.key]
    if (index === undefined || move === undefined) return
    event.preventDefault()
    set(index, values[index] + move)
    draw(root, data, values, scale)
    root.querySelector(`[data-prediction="${index}"]`).focus()
    clearTimeout(root.timer)
    root.timer = setTimeout(() => setTriggerValue("predictions", values), 150)
  }
  root.onpointerdown = (event) => {
    const index = event.target.dataset.prediction
    if (index === undefined) return
    event.preventDefault()
    root.dragging = true
    root.setPointerCapture(event.pointerId)
    root.onpointermove = (moved) => {
      const box = root.querySelector("svg").getBoundingClientRect()
      const y = ((moved.clientY - box.top) / box.height) * scale.height
      set(index, scale.high - (y - TOP) / scale.unit)
      draw(root, data, values, scale)
    }
    root.onpointerup = root.onpointercancel = () => {
      root.onpointermove = root.onpointerup = root.onpointercancel = null
      root.dragging = false
      setTriggerValue("predictions", values)
    }
  }
  return undefined
}

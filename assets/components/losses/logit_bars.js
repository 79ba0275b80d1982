// A row for each class: its name as a button, its logit as a slider, results from the server. Uses lib/dom.js, lib/numbers.js.
const THUMB = 14 // pixels, as in the style sheet: the middle of the thumb never reaches the ends of the slider
const PATIENCE = 1500 // milliseconds until a lost answer is no longer waited for

// One after the other: while an answer is on its way only the newest logits wait.
function sender(root) {
  const state = { waiting: false, next: null, send: null }
  const go = () => {
    if (state.waiting || !state.next) return
    const values = state.next
    state.next = null
    state.waiting = true
    clearTimeout(state.timer)
    state.timer = setTimeout(() => state.answered(), PATIENCE)
    state.send(values)
  }
  state.put = (values) => {
    state.next = values
    go()
  }
  state.answered = () => {
    clearTimeout(state.timer)
    state.waiting = false
    go()
  }
  root.logits = state
  return state
}

function box(className, ...children) {
  return element("div", { className }, ...children)
}

// A cell with its bar, more parts over that, and the number over all.
function barCell(signed, ...parts) {
  return box(signed ? "cell signed" : "cell", box("bar"), ...parts, element("span", { className: "value" }))
}

function buildRow(data, index) {
  const name = element("button", { type: "button" })
  name.dataset.class = index
  const slider = element("input", { type: "range", min: data.low, max: data.high, step: data.step })
  slider.dataset.logit = index
  const cells = [barCell(true, slider), ...data.columns.map(({ signed, marks }) => barCell(signed, ...(marks ? [box("mark")] : [])))]
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell)))
}

// What the table is built from; with the same of it only numbers change.
function shape(data) {
  return JSON.stringify([data.labels.class, data.names, data.columns.map((column) => [column.title, column.signed, !!column.marks])])
}

function build(root, data) {
  const titles = [data.labels.class, data.labels.logit, ...data.columns.map((column) => column.title)]
  const head = element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)))
  const rows = data.names.map((_, index) => buildRow(data, index))
  root.replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)))
  root.shape = shape(data)
}

// `value` of `scale`, from the middle where there are signs, from the left where there are none.
function stretch(bar, value, scale, signed) {
  const share = clamp(value / scale, -1, 1)
  const width = Math.abs(share) * (signed ? 50 : 100)
  bar.style.left = signed ? `${share < 0 ? 50 - width : 50}%` : "0"
  bar.style.width = `${width}%`
}

function drawMark(mark, share) {
  mark.hidden = share === 0
  mark.style.left = `${100 * share}%`
}

// The number stands on the side where the bar isn't.
function print(cell, text, left) {
  const number = cell.querySelector(".value")
  number.textContent = text
  number.classList.toggle("left", left)
}

function drawLogit(row, value, data) {
  const cell = row.cells[1].firstChild
  const scale = Math.max(data.high, -data.low)
  stretch(cell.querySelector(".bar"), value, scale * (1 + THUMB / cell.clientWidth), true)
  print(cell, fixed(value, Number.isInteger(value * 10) ? 1 : 2), value > 0)
}

function drawResult(cell, column, index) {
  stretch(cell.querySelector(".bar"), column.values[index], column.scale, column.signed)
  if (column.marks) drawMark(cell.querySelector(".mark"), column.marks[index] / column.scale)
  print(cell, column.texts[index], column.signed && column.values[index] > 0)
}

function drawRow(row, index, data, value) {
  const name = data.names[index]
  row.className = index === data.target ? "right" : ""
  const button = row.querySelector("button")
  button.textContent = name
  button.ariaPressed = index === data.target
  button.title = fill(data.labels.choose, { name })
  row.querySelector("input").ariaLabel = fill(data.labels.slider, { name })
  drawLogit(row, value, data)
  data.columns.forEach((column, place) => drawResult(row.cells[2 + place].firstChild, column, index))
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".frame")
  const state = root.logits ?? sender(root)
  state.send = (values) => setTriggerValue("logits", values)
  if (root.shape !== shape(data)) build(root, data)
  const moved = state.next !== null // somebody is still dragging: what is under the finger stays
  if (!moved) root.values = [...data.logits]
  root.querySelector("table").ariaLabel = data.labels.table
  root.querySelectorAll("tbody tr").forEach((row, index) => {
    drawRow(row, index, data, root.values[index])
    row.querySelector("button").onclick = () => setTriggerValue("target", index)
    const slider = row.querySelector("input")
    if (!moved) slider.value = data.logits[index]
    slider.oninput = () => {
      root.values[index] = Number(slider.value)
      drawLogit(row, root.values[index], data)
      state.put([...root.values])
    }
  })
  state.answered()
}

// A row for each class: its name (a click makes it the right one), its logit as a slider, and what the server computed from all ten.
const THUMB = 14 // pixels, as in the style sheet: the middle of the thumb never reaches the ends of the slider
const PATIENCE = 1500 // milliseconds until a lost answer is no longer waited for

function element(kind, className, ...children) {
  const made = document.createElement(kind)
  made.className = className
  made.append(...children)
  return made
}

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

function build(root, data) {
  const head = element("tr", "", ...[data.labels.class, data.labels.logit, ...data.columns.map((column) => column.title)].map((title) => {
    const th = element("th", "", title)
    th.scope = "col"
    return th
  }))
  const rows = data.names.map((_, index) => {
    const name = element("button", "")
    name.type = "button"
    name.dataset.class = index
    const input = element("input", "")
    Object.assign(input, { type: "range", min: data.low, max: data.high, step: data.step })
    input.dataset.logit = index
    const slider = element("div", "cell signed", element("div", "bar"), input, element("span", "value"))
    const th = element("th", "", name)
    th.scope = "row"
    const results = data.columns.map((column) => {
      const cell = element("div", `cell ${column.signed ? "signed" : ""}`, element("div", "bar"))
      if (column.marks) cell.append(element("div", "mark"))
      cell.append(element("span", "value"))
      return element("td", "", cell)
    })
    return element("tr", "", th, element("td", "", slider), ...results)
  })
  const table = element("table", "", element("thead", "", head), element("tbody", "", ...rows))
  root.replaceChildren(table)
  root.shape = shape(data)
}

function shape(data) {
  return JSON.stringify([data.labels.class, data.names, data.columns.map((column) => [column.title, column.signed, !!column.marks])])
}

// `value` of `scale`, from the middle where there are signs, from the left where there are none.
function stretch(bar, value, scale, signed) {
  const share = Math.max(-1, Math.min(1, value / scale))
  const width = Math.abs(share) * (signed ? 50 : 100)
  bar.style.left = signed ? `${share < 0 ? 50 - width : 50}%` : "0"
  bar.style.width = `${width}%`
}

function drawMark(mark, share) {
  mark.hidden = share === 0
  mark.style.left = `${100 * share}%`
}

function drawLogit(row, value, data) {
  const cell = row.cells[1].firstChild
  const scale = Math.max(data.high, -data.low)
  stretch(cell.querySelector(".bar"), value, scale * (1 + THUMB / cell.clientWidth), true)
  const told = cell.querySelector(".value")
  told.textContent = `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(Number.isInteger(value * 10) ? 1 : 2)}`
  told.classList.toggle("left", value > 0)
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".frame")
  const state = root.logits ?? sender(root)
  state.send = (values) => setTriggerValue("logits", values)
  if (root.shape !== shape(data)) build(root, data)
  const rows = [...root.querySelectorAll("tbody tr")]
  const moved = state.next !== null // somebody is still dragging: what is under the finger stays
  if (!moved) root.values = [...data.logits]
  root.querySelector("table").ariaLabel = data.labels.table
  rows.forEach((row, index) => {
    const name = data.names[index]
    row.className = index === data.target ? "right" : ""
    const button = row.querySelector("button")
    button.textContent = name
    button.ariaPressed = index === data.target
    button.title = data.labels.choose.replace("{name}", name)
    button.onclick = () => setTriggerValue("target", index)
    const input = row.querySelector("input")
    input.ariaLabel = data.labels.slider.replace("{name}", name)
    if (!moved) input.value = data.logits[index]
    drawLogit(row, root.values[index], data)
    input.oninput = () => {
      root.values[index] = Number(input.value)
      drawLogit(row, root.values[index], data)
      state.put([...root.values])
    }
    data.columns.forEach((column, place) => {
      const cell = row.cells[2 + place].firstChild
      stretch(cell.querySelector(".bar"), column.values[index], column.scale, column.signed)
      if (column.marks) drawMark(cell.querySelector(".mark"), column.marks[index] / column.scale)
      cell.querySelector(".value").textContent = column.told[index]
      cell.querySelector(".value").classList.toggle("left", column.signed && column.values[index] > 0)
    })
  })
  state.answered()
}

// The confusion matrix, a row for each true class; a click or Enter sends the cell, if wanted. Uses lib/dom.js, lib/numbers.js.
// One stop of the Tab key: the arrow keys move within the matrix.
const ALL_MISTAKES = 0.3 // share of a row that has the full colour as a mistake: mistakes are few; the diagonal needs all of its row
const STRONGEST = 85 // per cent of colour

function columnHeading(name) {
  const lang = /\p{Script=Han}/u.test(name) ? "zh" : ""
  return element("th", { scope: "col" }, element("span", { lang }, name))
}

// A cell with its count, or its share of the row in per cent; a button where a click is of use.
function cell(data, truth, predicted, total) {
  const count = data.counts[truth][predicted]
  const share = total ? count / total : 0
  const made = element(data.clickable ? "button" : "span", {}, data.percent ? `${Math.round(share * 100)}` : `${count}`)
  made.dataset.cell = `${truth},${predicted}`
  made.className = truth === predicted ? "cell right" : "cell wrong"
  const strength = Math.min(1, truth === predicted ? share : share / ALL_MISTAKES)
  made.style.setProperty("--strength", `${Math.round(strength * STRONGEST)}%`)
  made.title = fill(data.sentence, { n: count, true: data.classes[truth], predicted: data.classes[predicted] })
  return made
}

function cellButton(data, truth, predicted, total) {
  const button = cell(data, truth, predicted, total)
  button.type = "button"
  button.ariaLabel = button.title
  button.ariaPressed = data.selected?.[0] === truth && data.selected?.[1] === predicted
  return button
}

function classRow(data, truth, send) {
  const counts = data.counts[truth]
  const total = counts.reduce((sum, count) => sum + count, 0)
  const cells = counts.map((_, predicted) => {
    const made = (data.clickable ? cellButton : cell)(data, truth, predicted, total)
    if (data.clickable) made.onclick = () => send([truth, predicted])
    return element("td", {}, made)
  })
  return element("tr", {}, element("th", { scope: "row" }, data.classes[truth]), ...cells)
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }

// Focus the cell that the pressed key leads to; Home and End lead to the ends of its row.
function move(event) {
  const table = event.currentTarget
  const [row, column] = (event.target.dataset.cell ?? "").split(",").map(Number)
  const step = STEPS[event.key] ?? { Home: [0, -table.last], End: [0, table.last] }[event.key]
  if (!step || Number.isNaN(row)) return
  const next = [row + step[0], column + step[1]].map((place) => clamp(place, 0, table.last))
  stop(table, next)
  table.querySelector(`[data-cell="${next}"]`).focus()
  event.preventDefault()
}

// Make this cell the one where the Tab key stops.
function stop(table, cell) {
  for (const button of table.querySelectorAll("button")) button.tabIndex = button.dataset.cell === `${cell}` ? 0 : -1
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const table = parentElement.querySelector("table")
  const corner = element("th", { className: "corner" }, data.corner)
  const head = element("tr", {}, corner, ...data.classes.map(columnHeading))
  const rows = data.counts.map((_, truth) => classRow(data, truth, (place) => setTriggerValue("cell", place)))
  table.role = data.clickable ? "grid" : "table"
  table.ariaLabel = data.label
  table.last = data.counts.length - 1
  table.onkeydown = move
  keepFocus(parentElement, "cell", () => table.replaceChildren(head, ...rows))
  stop(table, data.selected ?? [0, 0])
}

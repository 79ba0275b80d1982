// Who wins where: buttons in the colour and shape of each winner; one focused tells everybody's steps. Uses lib/dom.js, lib/numbers.js.
const GLYPHS = { circle: "●", square: "■", diamond: "◆", triangle: "▲", down: "▼", pentagon: "⬟", hexagon: "⬢" }
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

// Everybody who arrived from a start at a learning rate, the fastest first; a step below 0 says that somebody did not.
function arrivals({ optimizers, steps }, rate, start) {
  const all = optimizers.map((optimizer, k) => ({ optimizer, step: steps[k][rate][start] }))
  return all.filter(({ step }) => step >= 0).sort((a, b) => a.step - b.step)
}

function describe({ rates, starts, words }, order, rate, start) {
  const list = listed(words.list, order.map(({ optimizer, step }) => `${optimizer.name} ${step}`)) || words.nobody
  return fill(words.cell, { rate: rates[rate], start: starts[start], list })
}

function winnerButton(data, rate, start) {
  const order = arrivals(data, rate, start)
  const tied = order.length > 1 && order[1].step === order[0].step
  const winner = tied ? undefined : order[0]?.optimizer
  const button = element("button", { type: "button", tabIndex: -1 }, tied ? "=" : winner ? GLYPHS[winner.mark.shape] : "")
  if (winner) button.style.setProperty("--colour", winner.mark.colour)
  button.dataset.cell = `${rate},${start}`
  button.dataset.winner = tied ? "tie" : winner?.key ?? ""
  button.ariaLabel = button.title = describe(data, order, rate, start)
  return button
}

// One button of the table can be reached by Tab, the others from there by arrow keys.
function press(event, table, button, rate, start) {
  const move = MOVES[event.key]
  const next = move && table.querySelector(`[data-cell="${rate + move[0]},${start + move[1]}"]`)
  if (!next) return
  event.preventDefault()
  button.tabIndex = -1
  next.tabIndex = 0
  next.focus()
}

// A row for each start, far ones above, as on a chart.
function buildTable(data, makeButton) {
  const { rates, starts, words } = data
  const rows = starts.map((name, start) => {
    const cells = rates.map((_, rate) => element("td", {}, makeButton(rate, start)))
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells)
  })
  const corner = element("th", { className: "corner" }, words.corner)
  const feet = rates.map((rate) => element("th", { scope: "col" }, element("span", {}, rate)))
  return [...rows.reverse(), element("tr", {}, corner, ...feet)]
}

function legend({ optimizers, words }, winners) {
  const items = optimizers.filter((optimizer) => winners.has(optimizer.key)).map(({ name, mark }) => {
    const item = element("span", {}, `${GLYPHS[mark.shape]} ${name}`)
    item.style.setProperty("--colour", mark.colour)
    return item
  })
  return winners.has("tie") ? [...items, element("span", {}, `= ${words.tie}`)] : items
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const table = parentElement.querySelector("table")
  const details = parentElement.querySelector(".details")
  const marked = () => table.querySelector("[aria-current]")
  const rest = () => { details.textContent = marked()?.title ?? data.words.hint }
  const mark = (button) => {
    marked()?.removeAttribute("aria-current")
    button.ariaCurrent = true
    table.chosen = button.dataset.cell
    rest()
  }
  const makeButton = (rate, start) => {
    const button = winnerButton(data, rate, start)
    button.onfocus = button.onpointerenter = () => { details.textContent = button.title }
    button.onclick = () => {
      mark(button)
      setTriggerValue("cell", [rate, start])
    }
    button.onkeydown = (event) => press(event, table, button, rate, start)
    return button
  }
  table.ariaLabel = data.words.label
  keepFocus(parentElement, "cell", () => table.replaceChildren(...buildTable(data, makeButton)))
  if (table.starts !== `${data.starts}`) table.chosen = "" // of another surface
  table.starts = `${data.starts}`
  table.onpointerleave = rest
  rest()
  const chosen = table.querySelector(`[data-cell="${table.chosen}"]`)
  if (chosen) mark(chosen)
  const first = chosen ?? table.querySelector('[data-cell="0,0"]')
  first.tabIndex = 0
  const winners = new Set([...table.querySelectorAll("button")].map((button) => button.dataset.winner))
  parentElement.querySelector(".legend").replaceChildren(...legend(data, winners))
}

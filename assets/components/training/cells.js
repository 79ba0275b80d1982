// The cells of a sweep as a table: a row and a column for each value, a button for each seed. Uses lib/dom.js.
const STRONGEST = 85 // per cent of colour

// One seed: its accuracy, how far it is, or that it failed.
function seed(cell, send) {
  const made = element(cell.opens ? "button" : "span", { className: `seed ${cell.state}`, title: cell.name }, cell.text)
  made.style.setProperty("--strength", `${Math.round(cell.strength * STRONGEST)}%`)
  if (!cell.opens) return made
  made.dataset.cell = cell.index
  made.type = "button"
  made.ariaLabel = cell.name
  made.onclick = () => send(cell.index)
  return made
}

// One combination of values: the mean over its seeds where there are several, and below it each of them.
function group(data, found, send) {
  const parts = found.cells.map((cell) => seed(cell, send))
  const seeds = element("div", { className: "seeds" }, ...parts)
  if (parts.length === 1) return element("td", {}, seeds)
  const mean = element("div", { className: "mean" }, found.mean)
  mean.style.setProperty("--strength", `${Math.round(found.strength * STRONGEST)}%`)
  return element("td", {}, mean, seeds)
}

// A heading, or an empty cell where there is nothing to say.
function headed(text, properties) {
  return text ? element("th", properties, text) : element("td")
}

function row(data, values, send) {
  const heading = headed(values.label, { scope: "row" })
  return element("tr", {}, heading, ...values.groups.map((found) => group(data, found, send)))
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const table = parentElement.querySelector("table")
  const headings = data.columns.map((name) => element("th", { scope: "col" }, name))
  const head = element("tr", {}, headed(data.corner, { className: "corner" }), ...headings)
  const rows = data.rows.map((values) => row(data, values, (index) => setTriggerValue("cell", index)))
  table.ariaLabel = data.label
  keepFocus(parentElement, "cell", () => table.replaceChildren(head, ...rows))
}

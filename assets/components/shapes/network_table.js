// The layers of a network as a table; a click on a row names the layer, and the one that breaks is red. Uses lib/dom.js.

function rowHeading(row, selected) {
  if (row.layer === null) return element("th", { scope: "row" }, row.name)
  const button = element("button", { type: "button", ariaPressed: selected }, row.name)
  button.dataset.row = row.layer
  return element("th", { scope: "row" }, button)
}

function layerRow(row, data, setTriggerValue) {
  const selected = row.layer === data.selected
  const made = element("td", {}, element("code", {}, row.made))
  const numbers = row.cells.map((text) => element("td", { className: "number" }, text))
  const line = element("tr", { className: row.state, ariaSelected: selected }, rowHeading(row, selected), made, ...numbers)
  if (row.layer !== null) line.onclick = () => setTriggerValue("layer", row.layer)
  return line
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const table = parentElement.querySelector("table")
  const head = element("tr", {}, ...data.columns.map((name) => element("th", { scope: "col" }, name)))
  const rows = data.rows.map((row) => layerRow(row, data, setTriggerValue))
  table.ariaLabel = data.label
  keepFocus(parentElement, "row", () => table.replaceChildren(head, ...rows))
}

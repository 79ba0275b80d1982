// The layers of a network as a table; a click on a row names the layer, and the one that breaks is red.
function cell(kind, text, props = {}) {
  const element = document.createElement(kind)
  element.textContent = text
  return Object.assign(element, props)
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const table = parentElement.querySelector("table")
  const focused = parentElement.activeElement?.dataset?.row ?? parentElement.getRootNode().activeElement?.dataset?.row
  const head = document.createElement("tr")
  head.append(...data.columns.map((name) => cell("th", name, { scope: "col" })))
  const rows = data.rows.map((row) => {
    const tr = document.createElement("tr")
    const name = document.createElement("th")
    name.scope = "row"
    if (row.layer === null) name.textContent = row.name
    else {
      const button = cell("button", row.name, { type: "button", ariaPressed: row.layer === data.selected })
      button.dataset.row = row.layer
      name.append(button)
      tr.onclick = () => setTriggerValue("layer", row.layer)
    }
    tr.className = row.state
    tr.ariaSelected = row.layer === data.selected
    const made = cell("td", "")
    made.append(cell("code", row.made))
    tr.append(name, made, ...row.cells.map((text) => cell("td", text, { className: "number" })))
    return tr
  })
  table.ariaLabel = data.label
  table.replaceChildren(head, ...rows)
  if (focused) table.querySelector(`[data-row="${focused}"]`)?.focus()
}

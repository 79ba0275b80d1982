// The confusion matrix as a table of buttons: rows are true classes, columns what the model said; a click names the cell.
function cell(kind, text, props = {}) {
  const element = document.createElement(kind)
  element.textContent = text
  return Object.assign(element, props)
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const table = parentElement.querySelector("table")
  const focused = parentElement.activeElement?.dataset?.cell ?? parentElement.getRootNode().activeElement?.dataset?.cell
  const head = document.createElement("tr")
  head.append(cell("th", data.corner, { className: "corner" }))
  for (const name of data.classes) {
    const th = cell("th", "", { scope: "col" })
    th.append(cell("span", name, { lang: /\p{Script=Han}/u.test(name) ? "zh" : "" }))
    head.append(th)
  }
  const body = data.counts.map((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0)
    const tr = document.createElement("tr")
    tr.append(cell("th", data.classes[truth], { scope: "row" }))
    row.forEach((count, predicted) => {
      const share = total ? count / total : 0
      const button = cell("button", data.percent ? `${Math.round(share * 100)}` : `${count}`, { type: "button" })
      button.dataset.cell = `${truth},${predicted}`
      button.className = truth === predicted ? "right" : "wrong"
      // Mistakes are few: their colour reaches full strength at 30 % of a row, that of the diagonal at 100 %.
      const strength = Math.min(1, truth === predicted ? share : share / 0.3)
      button.style.setProperty("--strength", `${Math.round(strength * 85)}%`)
      button.dataset.strong = strength > 0.55
      const told = data.sentence.replace("{n}", count).replace("{true}", data.classes[truth])
      button.title = told.replace("{predicted}", data.classes[predicted])
      button.ariaLabel = button.title
      button.ariaPressed = data.selected?.[0] === truth && data.selected?.[1] === predicted
      button.onclick = () => setTriggerValue("cell", [truth, predicted])
      const td = document.createElement("td")
      td.append(button)
      tr.append(td)
    })
    return tr
  })
  table.ariaLabel = data.label
  table.replaceChildren(head, ...body)
  if (focused) table.querySelector(`[data-cell="${focused}"]`)?.focus()
}

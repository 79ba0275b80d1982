// Who wins where: a table of buttons, one colour and shape for each optimizer; a button tells everybody's steps, a click races there.
const GLYPHS = { circle: "●", square: "■", diamond: "◆", triangle: "▲", down: "▼", pentagon: "⬟", hexagon: "⬢" }

function put(kind, text, properties = {}) {
  return Object.assign(document.createElement(kind), { textContent: text }, properties)
}

const fill = (sentence, values) => Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), sentence)

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const table = parentElement.querySelector("table")
  const details = parentElement.querySelector(".details")
  const { optimizers, rates, starts, steps, words } = data

  const sentence = (rate, start) => {
    const order = optimizers.map((one, k) => [steps[k][rate][start], one.name]).filter(([step]) => step >= 0).sort((a, b) => a[0] - b[0])
    const list = order.map(([step, name]) => `${name} ${step}`).join(", ") || words.nobody
    return fill(words.cell, { rate: rates[rate], start: starts[start], list })
  }

  const buttons = []
  const button = (rate, start) => {
    const all = optimizers.map((_, k) => steps[k][rate][start])
    const best = Math.min(...all.filter((step) => step >= 0))
    const who = all.indexOf(best)
    const tied = all.filter((step) => step === best).length > 1
    const winner = who < 0 ? "" : tied ? "tie" : optimizers[who].key
    const glyph = { "": "", tie: "=" }[winner] ?? GLYPHS[optimizers[who].mark.shape]
    const it = put("button", glyph, { type: "button", tabIndex: -1 })
    if (winner && !tied) it.style.setProperty("--colour", optimizers[who].mark.colour)
    it.dataset.cell = `${rate},${start}`
    it.dataset.winner = winner
    it.ariaLabel = it.title = sentence(rate, start)
    it.onfocus = it.onpointerenter = () => { details.textContent = it.title }
    it.onclick = () => setTriggerValue("cell", [rate, start])
    it.onkeydown = (event) => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]
      const next = move && table.querySelector(`[data-cell="${rate + move[0]},${start + move[1]}"]`)
      if (!next) return
      event.preventDefault()
      it.tabIndex = -1
      next.tabIndex = 0
      next.focus()
    }
    buttons.push(it)
    return it
  }

  const rows = starts.map((name, start) => {
    const row = document.createElement("tr")
    row.append(put("th", name, { scope: "row" }))
    rates.forEach((_, rate) => {
      const td = document.createElement("td")
      td.append(button(rate, start))
      row.append(td)
    })
    return row
  })
  const foot = document.createElement("tr")
  foot.append(put("th", words.corner, { className: "corner" }))
  for (const rate of rates) {
    const th = put("th", "", { scope: "col" })
    th.append(put("span", rate))
    foot.append(th)
  }
  table.ariaLabel = words.label
  table.replaceChildren(...rows.reverse(), foot) // far starts above, as on a chart
  buttons[0].tabIndex = 0
  details.textContent = words.hint

  const won = new Set(buttons.map((it) => it.dataset.winner))
  const tie = won.has("tie") ? [put("span", `= ${words.tie}`)] : []
  parentElement.querySelector(".legend").replaceChildren(
    ...optimizers.filter((one) => won.has(one.key)).map((one) => {
      const item = put("span", `${GLYPHS[one.mark.shape]} ${one.name}`)
      item.style.setProperty("--colour", one.mark.colour)
      return item
    }),
    ...tie,
  )
}

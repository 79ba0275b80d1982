// Copies the address of the page, which holds every choice made on it. Uses lib/dom.js.
const SHOWN = 4000 // ms that the answer stays
const MARGIN = 16 // px between the answer and the window's edge
const LINK = "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.5 1.5M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.5-1.5"

// A browser hands out the clipboard on https and on this machine alone, and not to every frame.
async function copied(address) {
  try {
    await navigator.clipboard.writeText(address)
    return true
  } catch {
    return false
  }
}

export default function (component) {
  const { words, longest } = component.data
  const root = component.parentElement.querySelector(".copy_link")
  if (root.dataset.words === JSON.stringify(words)) return // else an answer would go with the next rerun
  root.dataset.words = JSON.stringify(words)

  const icon = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" })
  icon.append(svg("path", { d: LINK }))
  const button = element("button", { type: "button", title: words.copy, ariaLabel: words.copy }, icon)
  const said = element("div", { role: "status" })
  const field = element("input", { type: "text", readOnly: true, hidden: true, ariaLabel: words.link })
  const answer = element("div", { className: "answer", hidden: true }, said, field)
  let timer = 0

  function hide() {
    answer.hidden = field.hidden = true
    said.replaceChildren()
  }
  button.onclick = async () => {
    clearTimeout(timer)
    hide()
    const address = location.href
    const done = await copied(address)
    const long = address.length > longest ? words.long.replace("{n}", address.length.toLocaleString("en")) : ""
    answer.hidden = false
    const sentences = [done ? words.copied : words.by_hand, long].filter(Boolean)
    said.replaceChildren(...sentences.map((textContent) => element("div", { textContent })))
    if (!done) {
      field.value = address
      field.hidden = false
    }
    const space = innerWidth - MARGIN - root.getBoundingClientRect().left
    answer.style.left = `${Math.min(0, space - answer.offsetWidth)}px`
    if (done) {
      timer = setTimeout(hide, long ? 3 * SHOWN : SHOWN)
      return
    }
    field.focus()
    field.select()
  }
  field.onblur = hide
  root.onkeydown = (event) => {
    if (event.key !== "Escape" || answer.hidden) return
    hide()
    button.focus()
  }
  root.replaceChildren(button, answer)
}

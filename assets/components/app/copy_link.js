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

// The button, and the answer to a press: a sentence, and the address in a field where nobody else may copy it.
function made({ copy, link }) {
  const icon = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" })
  icon.append(svg("path", { d: LINK }))
  const button = element("button", { type: "button", title: copy, ariaLabel: copy }, icon)
  const said = element("div", { role: "status" })
  const field = element("input", { type: "text", readOnly: true, hidden: true, ariaLabel: link })
  const answer = element("div", { className: "answer", hidden: true }, said, field)
  return { button, said, field, answer, timer: 0 }
}

function hide(parts) {
  clearTimeout(parts.timer)
  parts.answer.hidden = parts.field.hidden = true
  parts.said.replaceChildren()
}

function show({ answer, said, field }, sentences, address) {
  answer.hidden = false
  said.replaceChildren(...sentences.map((textContent) => element("div", { textContent })))
  field.value = address
  field.hidden = !address
  const space = innerWidth - MARGIN - answer.parentElement.getBoundingClientRect().left
  answer.style.left = `${Math.min(0, space - answer.offsetWidth)}px`
  field.focus()
  field.select()
}

async function press(parts, words, longest) {
  hide(parts)
  const address = location.href
  const done = await copied(address)
  const length = address.length.toLocaleString("en")
  const long = address.length > longest ? [words.long.replace("{n}", length)] : []
  show(parts, [done ? words.copied : words.by_hand, ...long], done ? "" : address)
  if (done) parts.timer = setTimeout(hide, SHOWN * (1 + 2 * long.length), parts)
}

export default function (component) {
  const { words, longest } = component.data
  const root = component.parentElement.querySelector(".copy_link")
  if (root.dataset.words === JSON.stringify(words)) return // else an answer would go with the next rerun
  root.dataset.words = JSON.stringify(words)
  const parts = made(words)
  parts.button.onclick = () => press(parts, words, longest)
  parts.field.onblur = () => hide(parts)
  root.onkeydown = (event) => {
    if (event.key !== "Escape" || parts.answer.hidden) return
    hide(parts)
    parts.button.focus()
  }
  root.replaceChildren(parts.button, parts.answer)
}

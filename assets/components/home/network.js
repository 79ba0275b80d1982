// LeNet from the image to the step of the optimizer; each part is a link to the page that takes it apart. Uses lib/dom.js.
const SIDE = 64 // pixels of the largest map, 32 x 32 numbers
const MOST = 6 // maps drawn behind each other
const SHIFT = 4 // pixels from one map to the next
const LONGEST = 84 // pixels of the longest row of numbers

function maps(part) {
  const side = (part.side / 32) * SIDE
  const drawn = Math.min(part.count, MOST)
  const stack = element("span", { className: `maps ${part.kind}` })
  const whole = `${side + SHIFT * (drawn - 1)}px`
  Object.assign(stack.style, { width: whole, height: whole })
  for (let map = 0; map < drawn; map++) {
    const square = element("i")
    const place = `${map * SHIFT}px`
    Object.assign(square.style, { width: `${side}px`, height: `${side}px`, left: place, top: place })
    stack.append(square)
  }
  return stack
}

function numbers(part) {
  const row = element("span", { className: "numbers" })
  row.style.height = `${Math.max(12, LONGEST * Math.sqrt(part.count / 120))}px`
  return row
}

function picture(part) {
  const image = element("span", { className: "picture" })
  image.style.backgroundImage = `url(${part.picture})`
  return image
}

const DRAWN = { picture, maps, colours: maps, pooled: maps, numbers, sign: (part) => element("span", { className: "sign" }, part.sign) }

function link(part, index, setTriggerValue) {
  const made = element(
    "a",
    { href: part.href, ariaLabel: part.label, title: part.label },
    DRAWN[part.kind](part),
    element("span", { className: "name" }, part.name),
    element("span", { className: "shape" }, part.shape),
  )
  made.dataset.part = index
  made.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return // a tab of its own
    event.preventDefault()
    setTriggerValue("part", index)
  }
  return made
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".network")
  list.ariaLabel = data.label
  const parts = data.parts.map((part, index) => element("li", {}, link(part, index, setTriggerValue)))
  keepFocus(parentElement, "part", () => list.replaceChildren(...parts))
}

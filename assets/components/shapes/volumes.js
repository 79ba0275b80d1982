// A network as boxes in a row, their scale computed before; a click names the layer that makes a box. Uses lib/dom.js.
const GAP = 26
const EDGE = 8 // left and right of all, and below
const NARROWEST = 58 // of a box with its caption
const TOP = 14
const LINE = 15

function points(...pairs) {
  return pairs.map(([x, y]) => `${x},${y}`).join(" ")
}

// Front, top and side of a box whose front's lower left corner is (x, y).
function faces(box, x, y) {
  const { width, height, slant } = box
  const up = slant * 0.6
  const [left, right, bottom, top] = [x, x + width, y, y - height]
  const style = { class: "face", style: `fill: var(--lab-volumes-${box.group})` }
  const drawn = [svg("rect", { ...style, x: left, y: top, width, height, opacity: 0.9 })]
  if (slant) {
    const back = [[right + slant, top - up], [right + slant, bottom - up]]
    drawn.push(svg("polygon", { ...style, opacity: 0.55, points: points([left, top], [left + slant, top - up], back[0], [right, top]) }))
    drawn.push(svg("polygon", { ...style, opacity: 0.7, points: points([right, top], back[0], back[1], [right, bottom]) }))
  }
  return drawn
}

function cross(middle, y) {
  const half = 7
  return [1, -1].map((sign) =>
    svg("line", { x1: middle - half, x2: middle + half, y1: y - sign * half, y2: y + sign * half, class: "cross" }),
  )
}

function captions(box, centre, floor) {
  const shape = svg("text", { x: centre, y: floor + LINE, class: "shape" }, box.caption)
  return [shape, ...box.names.map((name, row) => svg("text", { x: centre, y: floor + (row + 2) * LINE, class: "name" }, name))]
}

function makeButton(group, label, pressed, choose) {
  const attributes = { tabindex: "0", role: "button", "aria-label": label, "aria-pressed": pressed }
  for (const [name, value] of Object.entries(attributes)) group.setAttribute(name, value)
  group.onclick = choose
  group.onkeydown = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return
    event.preventDefault()
    choose()
  }
}

function volume(box, index, x, room, floor) {
  const start = x + (room - box.width - box.slant) / 2
  const group = svg("g", { "data-box": index, "data-group": box.group })
  const top = box.height + box.slant * 0.6
  const reach = svg("rect", { class: "reach", x, y: floor - top, width: room, height: top + (box.names.length + 1) * LINE })
  group.append(svg("title", {}, box.label), reach, ...faces(box, start, floor))
  if (box.group === "broken") group.append(...cross(start + box.width / 2, floor - box.height / 2))
  group.append(...captions(box, x + room / 2, floor))
  return group
}

function arrow(x, y) {
  const tip = x + GAP - 10
  return [
    svg("polyline", { points: points([x + 6, y], [tip, y]), class: "arrow" }),
    svg("polyline", { points: points([tip - 5, y - 4], [tip, y], [tip - 5, y + 4]), class: "arrow" }),
  ]
}

function draw(data, setTriggerValue) {
  const floor = TOP + Math.max(...data.boxes.map((box) => box.height + box.slant * 0.6))
  const lines = Math.max(...data.boxes.map((box) => box.names.length))
  const picture = svg("svg", { role: "group", "aria-label": data.label })
  let x = EDGE
  data.boxes.forEach((box, index) => {
    const room = Math.max(box.width + box.slant, NARROWEST)
    const group = volume(box, index, x, room, floor)
    const [layer] = box.layers
    const choose = () => setTriggerValue("layer", layer)
    if (layer !== undefined) {
      makeButton(group, box.label, box.layers.includes(data.selected), choose)
    }
    picture.append(group)
    const next = data.boxes[index + 1]
    if (next) picture.append(...arrow(x + room, floor - Math.min(box.height, next.height) / 2))
    x += room + GAP
  })
  const [width, height] = [x - GAP + EDGE, floor + (lines + 1) * LINE + EDGE]
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) picture.setAttribute(name, value)
  Object.assign(picture.style, { maxWidth: `${width}px`, minWidth: `${Math.round(0.75 * width)}px` })
  return picture
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const frame = parentElement.querySelector(".frame")
  keepFocus(parentElement, "box", () => frame.replaceChildren(draw(data, setTriggerValue)))
}

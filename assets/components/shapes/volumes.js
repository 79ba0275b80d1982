// A network as boxes in a row; what each is to scale was computed before. A click names the layer that makes a box.
const NS = "http://www.w3.org/2000/svg"
const GAP = 26
const TOP = 14
const LINE = 15
const COLOURS = {
  image: "#8c8c8c",
  convolution: "#0072b2",
  pooling: "#e69f00",
  normalisation: "#56b4e9",
  activation: "#56b4e9",
  dropout: "#56b4e9",
  flatten: "#8c8c8c",
  linear: "#009e73",
  broken: "#d62728",
}

function svg(kind, attributes = {}, text = "") {
  const element = document.createElementNS(NS, kind)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.textContent = text
  return element
}

function points(...pairs) {
  return pairs.map(([x, y]) => `${x},${y}`).join(" ")
}

// Front, top and side of a box whose front's lower left corner is (x, y).
function faces(box, x, y) {
  const { width, height, slant } = box
  const up = slant * 0.6
  const [left, right, bottom, top] = [x, x + width, y, y - height]
  const style = { class: "face", fill: COLOURS[box.group] }
  const drawn = [svg("rect", { ...style, x: left, y: top, width, height, opacity: 0.9 })]
  if (slant) {
    const back = [[right + slant, top - up], [right + slant, bottom - up]]
    drawn.push(svg("polygon", { ...style, opacity: 0.55, points: points([left, top], [left + slant, top - up], back[0], [right, top]) }))
    drawn.push(svg("polygon", { ...style, opacity: 0.7, points: points([right, top], back[0], back[1], [right, bottom]) }))
  }
  return drawn
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const frame = parentElement.querySelector(".frame")
  const focused = parentElement.activeElement?.dataset?.box ?? parentElement.getRootNode().activeElement?.dataset?.box
  const rise = Math.max(...data.boxes.map((box) => box.height + box.slant * 0.6))
  const floor = TOP + rise
  const lines = Math.max(...data.boxes.map((box) => box.names.length))
  const picture = svg("svg", { role: "group", "aria-label": data.label })
  let x = 8
  data.boxes.forEach((box, index) => {
    const across = box.width + box.slant
    const room = Math.max(across, 58)
    const start = x + (room - across) / 2
    const layer = box.layers[0]
    const group = svg("g", { "data-box": index, "data-group": box.group })
    group.append(svg("title", {}, `${box.names.join(", ")}: ${box.caption}`), ...faces(box, start, floor))
    if (box.group === "broken") {
      const [middle, half] = [start + box.width / 2, 7]
      const y = floor - box.height / 2
      for (const sign of [1, -1]) {
        const line = { x1: middle - half, x2: middle + half, y1: y - sign * half, y2: y + sign * half, class: "cross" }
        group.append(svg("line", line))
      }
    }
    const centre = x + room / 2
    group.append(svg("text", { x: centre, y: floor + LINE, class: "shape" }, box.caption))
    box.names.forEach((name, row) => group.append(svg("text", { x: centre, y: floor + (row + 2) * LINE, class: "name" }, name)))
    if (layer !== undefined) {
      const choose = () => setTriggerValue("layer", layer)
      group.setAttribute("tabindex", "0")
      group.setAttribute("role", "button")
      group.setAttribute("aria-label", `${box.names.join(", ")}: ${box.caption}`)
      group.setAttribute("aria-pressed", box.layers.includes(data.selected))
      group.onclick = choose
      group.onkeydown = (event) => {
        if (event.key !== "Enter" && event.key !== " ") return
        event.preventDefault()
        choose()
      }
    }
    picture.append(group)
    if (index < data.boxes.length - 1) {
      const y = floor - Math.min(box.height, data.boxes[index + 1].height) / 2
      const arrow = points([x + room + 6, y], [x + room + GAP - 10, y])
      picture.append(svg("polyline", { points: arrow, class: "arrow" }))
      const tip = x + room + GAP - 10
      picture.append(svg("polyline", { points: points([tip - 5, y - 4], [tip, y], [tip - 5, y + 4]), class: "arrow" }))
    }
    x += room + GAP
  })
  const [width, height] = [x - GAP + 8, floor + (lines + 1) * LINE + 8]
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) picture.setAttribute(name, value)
  Object.assign(picture.style, { maxWidth: `${width}px`, minWidth: `${Math.round(0.75 * width)}px` })
  frame.replaceChildren(picture)
  if (focused) picture.querySelector(`[data-box="${focused}"]`)?.focus()
}

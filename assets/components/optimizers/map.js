// A still map: contours, trails, arrows. Uses contours.js, lib/canvas.js, lib/dom.js, lib/numbers.js.
// The step mode and the slice through a network's loss are drawn here.
const maps = new WeakMap()

function arrow(context, place, { from, to, colour, dash, width }) {
  const [x, y, u, v] = [place.x(from[0]), place.y(from[1]), place.x(to[0]), place.y(to[1])]
  const length = Math.hypot(u - x, v - y)
  context.strokeStyle = context.fillStyle = colour
  context.lineWidth = width
  context.setLineDash(dash)
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(u, v)
  context.stroke()
  context.setLineDash([])
  if (length < 2) return
  const [a, b] = [(u - x) / length, (v - y) / length]
  const size = Math.min(length, 6 + 2 * width)
  context.beginPath()
  context.moveTo(u, v)
  context.lineTo(u - size * a + 0.5 * size * b, v - size * b - 0.5 * size * a)
  context.lineTo(u - size * a - 0.5 * size * b, v - size * b + 0.5 * size * a)
  context.fill()
}

function trail(context, place, { points, colour, dash, dots }) {
  context.strokeStyle = context.fillStyle = colour
  context.lineWidth = 2.5
  context.setLineDash(dash)
  context.beginPath()
  for (const [x, y] of points) context.lineTo(place.x(x), place.y(y))
  context.stroke()
  context.setLineDash([])
  if (!dots) return
  points.forEach(([x, y], index) => {
    context.beginPath()
    context.arc(place.x(x), place.y(y), index === points.length - 1 ? 6 : 3.5, 0, 7)
    context.fill()
  })
}

function drawMap(root, { data, surface }, look) {
  const canvas = root.querySelector(".map")
  const size = fit(canvas, Math.round(clamp(canvas.clientWidth * 0.8, 240, 420)))
  const place = view(surface, size)
  const ground = paint(surface, size, look)
  flats(ground, data.flat, place, look)
  axes(ground, surface, place, size, look)
  for (const line of data.lines) trail(ground, place, { ...line, colour: line.colour || look.text })
  for (const step of data.arrows) arrow(ground, place, { ...step, colour: step.colour || look.text })
  if (data.mark) head(ground, place.x(data.mark.x), place.y(data.mark.y), data.mark, look)
  canvas.getContext("2d").drawImage(ground.canvas, 0, 0)
  canvas.ariaLabel = data.words.map
  return place
}

// The point under the pointer, in words.
function listen(root, { data, surface }, place) {
  const [canvas, under] = [root.querySelector(".map"), root.querySelector(".under")]
  canvas.onpointermove = canvas.onpointerdown = (event) => {
    const [x, y] = place.from(event.offsetX, event.offsetY)
    under.textContent = fill(data.words.here, { x: rounded(x, 7), y: rounded(y, 7), value: valueText(surface.value(x, y)) })
  }
  canvas.onpointerleave = (event) => {
    if (event.pointerType !== "touch") under.textContent = ""
  }
}

function keyItem({ label, colour, dash }, look) {
  const item = element("li", {}, label)
  item.style.setProperty("--colour", colour || look.text)
  item.style.setProperty("--line", dash.length ? "dashed" : "solid")
  return item
}

function draw(root, state) {
  const { data } = state
  const look = theme(root)
  listen(root, state, drawMap(root, state, look))
  const named = [...data.arrows, ...data.lines].filter((drawn) => drawn.label)
  root.querySelector(".key").replaceChildren(...named.map((drawn) => keyItem(drawn, look)))
  root.dataset.drawn = data.id
}

function watch(root) {
  const state = {}
  state.redraw = () => {
    state.width = root.clientWidth
    draw(root, state)
  }
  state.observer = new ResizeObserver(() => state.data && root.clientWidth !== state.width && state.redraw())
  state.observer.observe(root)
  return state
}

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector(".still")
  if (!maps.has(root)) maps.set(root, watch(root))
  const state = maps.get(root)
  state.data = data
  state.surface = field(data.field)
  state.redraw()
  return () => {
    state.observer.disconnect()
    maps.delete(root)
  }
}

// A still map: contours, a trail, arrows. The step mode and the slice through the network's loss are drawn here.
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

function draw(root, state) {
  const canvas = root.querySelector(".map")
  const { data, surface } = state
  const look = theme(root)
  const size = fit(canvas, Math.round(clamp(canvas.clientWidth * 0.8, 240, 420)))
  const place = view(surface, size)
  const ground = paint(surface, size, look)
  flats(ground, data.flat, place, look)
  axes(ground, surface, place, size, look)
  for (const line of data.lines) trail(ground, place, { ...line, colour: line.colour || look.text })
  for (const one of data.arrows) arrow(ground, place, { ...one, colour: one.colour || look.text })
  if (data.mark) head(ground, place.x(data.mark.x), place.y(data.mark.y), data.mark, look)
  canvas.getContext("2d").drawImage(ground.canvas, 0, 0)
  canvas.ariaLabel = data.words.map
  canvas.onpointermove = (event) => {
    const [x, y] = place.from(event.offsetX, event.offsetY)
    const values = { x: short(x), y: short(y), value: told(surface.value(x, y)) }
    root.querySelector(".under").textContent = fill(data.words.here, values)
  }
  canvas.onpointerleave = () => { root.querySelector(".under").textContent = "" }
  root.querySelector(".key").replaceChildren(
    ...[...data.arrows, ...data.lines].filter((one) => one.label).map((one) => {
      const item = document.createElement("li")
      item.textContent = one.label
      item.style.setProperty("--colour", one.colour || look.text)
      item.style.setProperty("--line", one.dash.length ? "dashed" : "solid")
      return item
    }),
  )
  root.dataset.drawn = data.id
}

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector(".still")
  if (!maps.has(root)) {
    const fresh = {}
    fresh.observer = new ResizeObserver(() => fresh.data && root.clientWidth !== fresh.width && redraw())
    const redraw = () => { fresh.width = root.clientWidth; draw(root, fresh) }
    fresh.redraw = redraw
    fresh.observer.observe(root)
    maps.set(root, fresh)
  }
  const state = maps.get(root)
  state.data = data
  state.surface = field(data.field)
  state.redraw()
  return () => { state.observer.disconnect(); maps.delete(root) }
}

// One channel of an image as a heat map of its 1,024 numbers; the pixel under the pointer, or moved to with the arrow keys, is read out.
const SIDE = 32
const SMALLEST = 19 // pixels of a cell that has room for its number
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
const places = new WeakMap()

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}

function colours(stops) {
  const parsed = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)))
  return Array.from({ length: 256 }, (_, value) => {
    const at = (value / 255) * (parsed.length - 1)
    const low = Math.min(Math.floor(at), parsed.length - 2)
    return parsed[low].map((part, k) => Math.round(part + (parsed[low + 1][k] - part) * (at - low)))
  })
}

function draw(canvas, plane, table, place) {
  const ratio = window.devicePixelRatio || 1
  const width = canvas.clientWidth
  canvas.width = canvas.height = Math.round(width * ratio)
  const pen = canvas.getContext("2d")
  const cell = canvas.width / SIDE
  pen.font = `${Math.round(cell * 0.42)}px ${getComputedStyle(canvas).fontFamily}`
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  plane.forEach((value, index) => {
    const [x, y] = [(index % SIDE) * cell, Math.floor(index / SIDE) * cell]
    const [r, g, b] = table[value]
    pen.fillStyle = `rgb(${r}, ${g}, ${b})`
    pen.fillRect(Math.floor(x), Math.floor(y), Math.ceil(cell), Math.ceil(cell))
    if (width / SIDE < SMALLEST) return
    pen.fillStyle = 0.3 * r + 0.59 * g + 0.11 * b > 125 ? "#000c" : "#fffc"
    pen.fillText(value, x + cell / 2, y + cell / 2 + ratio / 2)
  })
  if (!place) return
  pen.lineWidth = 2 * ratio
  for (const [colour, inset] of [["#000", 0], ["#fff", 2 * ratio]]) {
    pen.strokeStyle = colour
    pen.strokeRect(place[1] * cell + inset / 2, place[0] * cell + inset / 2, cell - inset, cell - inset)
  }
}

export default function (component) {
  const { data, parentElement } = component
  const [canvas, output, bar] = ["canvas", "output", ".bar"].map((name) => parentElement.querySelector(name))
  const pixels = bytes(data.pixels)
  const plane = pixels.subarray(data.channel * 1024, data.channel * 1024 + 1024)
  const table = colours(data.stops)
  let place = places.get(parentElement) ?? null
  canvas.ariaLabel = data.label
  bar.style.background = `linear-gradient(to right, ${data.stops.join(", ")})`

  const show = () => {
    draw(canvas, plane, table, place)
    const [row, column] = place ?? []
    const [r, g, b] = place ? [0, 1, 2].map((channel) => pixels[channel * 1024 + row * SIDE + column]) : []
    const swatch = document.createElement("span")
    swatch.className = "swatch"
    swatch.style.background = place ? `rgb(${r}, ${g}, ${b})` : "none"
    const values = { row, column, red: r, green: g, blue: b }
    const told = place ? data.sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) : data.hint
    output.replaceChildren(swatch, told)
  }
  const move = (row, column) => {
    place = [row, column].map((at) => Math.max(0, Math.min(SIDE - 1, at)))
    places.set(parentElement, place)
    show()
  }
  canvas.onpointermove = canvas.onpointerdown = (event) => {
    const box = canvas.getBoundingClientRect()
    const [row, column] = [event.clientY - box.top, event.clientX - box.left].map((at) => Math.floor((at / box.width) * SIDE))
    if (row !== place?.[0] || column !== place?.[1]) move(row, column)
  }
  canvas.onkeydown = (event) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const [row, column] = place ?? [0, -1]
    move(row + step[0], column + step[1])
  }
  canvas.observer?.disconnect()
  canvas.observer = new ResizeObserver(show)
  canvas.observer.observe(canvas)
  return () => canvas.observer.disconnect()
}

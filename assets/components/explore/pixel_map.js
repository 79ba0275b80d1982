// One channel of an image as a heat map; a pixel is read out by pointer or arrow keys. Uses lib/canvas.js, lib/dom.js, lib/numbers.js.
const SIDE = 32
const SMALLEST = 19 // pixels of a cell that has room for its number
const BRIGHT = 125 // from here on a number is black
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
const places = new WeakMap()

// The colours of 0 to 255, between the stops of a scale.
function colours(stops) {
  const parsed = stops.map(rgb)
  return Array.from({ length: 256 }, (_, value) => {
    const at = (value / 255) * (parsed.length - 1)
    const low = Math.min(Math.floor(at), parsed.length - 2)
    return parsed[low].map((part, k) => Math.round(part + (parsed[low + 1][k] - part) * (at - low)))
  })
}

// In pixels of the screen, so that no seams show between the cells.
function draw(canvas, plane, table, place) {
  const width = canvas.clientWidth
  const ratio = pixelRatio()
  sizeCanvas(canvas, width, width, ratio)
  const pen = canvas.getContext("2d")
  const cell = canvas.width / SIDE
  pen.font = `${Math.round(cell * 0.42)}px ${getComputedStyle(canvas).fontFamily}`
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  plane.forEach((value, index) => {
    const [x, y] = [(index % SIDE) * cell, Math.floor(index / SIDE) * cell]
    const colour = table[value]
    pen.fillStyle = `rgb(${colour})`
    pen.fillRect(Math.floor(x), Math.floor(y), Math.ceil(cell), Math.ceil(cell))
    if (width / SIDE < SMALLEST) return
    pen.fillStyle = brightness(colour) > BRIGHT ? "#000c" : "#fffc"
    pen.fillText(value, x + cell / 2, y + cell / 2 + ratio / 2)
  })
  if (place) frame(pen, place, cell, 2 * ratio)
}

// Black around white, to be seen on any colour.
function frame(pen, [row, column], cell, thick) {
  pen.lineWidth = thick
  for (const [colour, inset] of [["#000", 0], ["#fff", thick]]) {
    pen.strokeStyle = colour
    pen.strokeRect(column * cell + inset / 2, row * cell + inset / 2, cell - inset, cell - inset)
  }
}

// Colour and numbers of the pixel at this place.
function readOut(output, data, pixels, place) {
  const swatch = element("span", { className: "swatch" })
  if (!place) {
    swatch.style.background = "none"
    output.replaceChildren(swatch, data.hint)
    return
  }
  const [row, column] = place
  const [red, green, blue] = [0, 1, 2].map((channel) => pixels[channel * SIDE * SIDE + row * SIDE + column])
  swatch.style.background = `rgb(${red}, ${green}, ${blue})`
  output.replaceChildren(swatch, fill(data.sentence, { row, column, red, green, blue }))
}

function listen(canvas, place, move) {
  canvas.onpointermove = canvas.onpointerdown = (event) => {
    const box = canvas.getBoundingClientRect()
    const under = [event.clientY - box.top, event.clientX - box.left].map((at) => Math.floor((at / box.width) * SIDE))
    if (`${under}` !== `${place()}`) move(...under)
  }
  canvas.onkeydown = (event) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const [row, column] = place() ?? [0, -1]
    move(row + step[0], column + step[1])
  }
}

export default function (component) {
  const { data, parentElement } = component
  const [canvas, output, bar] = ["canvas", "output", ".bar"].map((name) => parentElement.querySelector(name))
  const pixels = decode(data.pixels)
  const plane = pixels.subarray(data.channel * SIDE * SIDE, (data.channel + 1) * SIDE * SIDE)
  const table = colours(data.stops)
  canvas.ariaLabel = data.label
  bar.style.background = `linear-gradient(to right, ${data.stops.join(", ")})`
  const place = () => places.get(parentElement) ?? null
  const show = () => {
    draw(canvas, plane, table, place())
    readOut(output, data, pixels, place())
  }
  listen(canvas, place, (row, column) => {
    places.set(parentElement, [clamp(row, 0, SIDE - 1), clamp(column, 0, SIDE - 1)])
    show()
  })
  canvas.observer?.disconnect()
  canvas.observer = new ResizeObserver(show)
  canvas.observer.observe(canvas)
  return () => canvas.observer.disconnect()
}

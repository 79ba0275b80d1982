// A surface as bands of colour, and marks on it, for arena.js and map.js. Uses lib/canvas.js, lib/numbers.js.
const BANDS = 20
const FINEST = 2 // pixels of the screen for one of CSS
const FAR = 4000 // pixels beyond the picture at which a path is cut off: canvases draw nonsense further out

// Whether a colour, however CSS writes it, is a dark one.
function isDark(colour) {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  probe.fillStyle = colour
  probe.fillRect(0, 0, 1, 1)
  return brightness(probe.getImageData(0, 0, 1, 1).data) < 128
}

function theme(root) {
  const paper = cssVariable(root, "--st-background-color") || "#ffffff"
  const dark = isDark(paper)
  return {
    dark,
    paper,
    text: cssVariable(root, "--st-text-color") || "#222222",
    font: cssVariable(root, "--st-font") || "sans-serif",
    valley: rgb(cssVariable(root, dark ? "--lab-valley-dark" : "--lab-valley")),
    hill: rgb(cssVariable(root, dark ? "--lab-hill-dark" : "--lab-hill")),
  }
}

// Values on a grid, sent as 16-bit steps between `low` and `high` on the scale of the contours.
function field(data) {
  const { size, low, high, lowest, log } = data
  const [left, right, bottom, top] = data.window
  const levels = decode(data.values, Uint16Array)
  const bare = (level) => {
    const scaled = low + (high - low) * (level / 65535)
    return log ? Math.expm1(scaled) + lowest : scaled
  }
  const level = (u, v) => {
    const column = clamp(u * (size - 1), 0, size - 1.000001)
    const row = clamp(v * (size - 1), 0, size - 1.000001)
    const i = Math.floor(column)
    const j = Math.floor(row)
    const a = column - i
    const b = row - j
    const at = j * size + i
    return (1 - b) * ((1 - a) * levels[at] + a * levels[at + 1]) + b * ((1 - a) * levels[at + size] + a * levels[at + size + 1])
  }
  return {
    left, right, bottom, top, low, high, level,
    value: (x, y) => bare(level((x - left) / (right - left), (y - bottom) / (top - bottom))),
    scaled: (value) => (log ? Math.log1p(Math.max(0, value - lowest)) : value),
  }
}

// A canvas of this height and the width that it has. Three pixels for one of CSS would cost more than a telephone has to give.
function fit(canvas, height) {
  const ratio = pixelRatio(FINEST)
  const width = Math.max(120, Math.round(canvas.clientWidth))
  sizeCanvas(canvas, width, height, ratio)
  canvas.style.height = `${height}px`
  return { width, height, ratio }
}

function layer(size) {
  const context = fitCanvas(document.createElement("canvas"), size.width, size.height, size.ratio)
  context.lineJoin = "round"
  return context
}

function view(surface, size) {
  const { left, right, bottom, top } = surface
  return {
    x: (value) => clamp(((value - left) / (right - left)) * size.width, -FAR, FAR),
    y: (value) => clamp(((top - value) / (top - bottom)) * size.height, -FAR, FAR),
    from: (px, py) => [left + (px / size.width) * (right - left), top - (py / size.height) * (top - bottom)],
  }
}

function paint(surface, size, look) {
  const context = layer(size)
  const { width, height } = context.canvas
  const picture = context.createImageData(width, height)
  const band = new Uint8Array(width * height)
  for (let j = 0; j < height; j += 1) {
    for (let i = 0; i < width; i += 1) band[j * width + i] = (surface.level(i / width, 1 - j / height) / 65536) * BANDS
  }
  for (let at = 0; at < band.length; at += 1) {
    const share = band[at] / (BANDS - 1)
    const edge = ((at + 1) % width && band[at] !== band[at + 1]) || (at + width < band.length && band[at] !== band[at + width])
    const shade = edge ? (look.dark ? 22 : -22) : 0
    for (let c = 0; c < 3; c += 1) picture.data[4 * at + c] = look.valley[c] + share * (look.hill[c] - look.valley[c]) + shade
    picture.data[4 * at + 3] = 255
  }
  context.putImageData(picture, 0, 0)
  return context
}

function ticks(low, high, count) {
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)
  const found = []
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(Number(value.toPrecision(12)))
  return found
}

function axes(context, surface, place, size, look) {
  context.font = `11px ${look.font}`
  context.fillStyle = look.text
  context.globalAlpha = 0.75
  for (const value of ticks(surface.left, surface.right, size.width / 90)) {
    context.fillRect(place.x(value), size.height - 5, 1, 5)
    context.fillText(rounded(value, 7), clamp(place.x(value) - 8, 2, size.width - 24), size.height - 8)
  }
  for (const value of ticks(surface.bottom, surface.top, size.height / 70)) {
    context.fillRect(0, place.y(value), 5, 1)
    if (place.y(value) < size.height - 24) context.fillText(rounded(value, 7), 8, place.y(value) + 4)
  }
  context.globalAlpha = 1
}

function star(context, x, y, colour) {
  context.beginPath()
  for (let i = 0; i < 10; i += 1) {
    const radius = i % 2 ? 3.2 : 8
    context.lineTo(x + radius * Math.sin((i * Math.PI) / 5), y - radius * Math.cos((i * Math.PI) / 5))
  }
  context.closePath()
  context.fillStyle = colour
  context.fill()
}

// The flat points: a star at a best minimum, a ring at another one, a cross at a saddle; hills stay bare.
function flats(context, points, place, look) {
  for (const { kind, x, y, best } of points) {
    const [px, py] = [place.x(x), place.y(y)]
    context.strokeStyle = look.text
    context.lineWidth = 1.5
    if (best) star(context, px, py, look.text)
    else if (kind === "minimum") {
      context.beginPath()
      context.arc(px, py, 3.5, 0, 7)
      context.stroke()
    } else if (kind === "saddle") {
      context.beginPath()
      context.moveTo(px - 4, py - 4)
      context.lineTo(px + 4, py + 4)
      context.moveTo(px + 4, py - 4)
      context.lineTo(px - 4, py + 4)
      context.stroke()
    }
  }
}

const CORNERS = { square: [4, 0.785], triangle: [3, 0], diamond: [4, 0], pentagon: [5, 0], down: [3, 3.1416], hexagon: [6, 0] }

// A head: shape and colour both tell who it is.
function head(context, x, y, mark, look, faint = false) {
  context.globalAlpha = faint ? 0.55 : 1
  context.beginPath()
  const [corners, turn] = CORNERS[mark.shape] ?? [0, 0]
  if (!corners) context.arc(x, y, 6, 0, 7)
  for (let i = 0; i < corners; i += 1) {
    const angle = turn + (2 * Math.PI * i) / corners
    context.lineTo(x + 7.5 * Math.sin(angle), y - 7.5 * Math.cos(angle))
  }
  context.closePath()
  context.fillStyle = mark.colour
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = look.paper
  context.stroke()
  context.globalAlpha = 1
}

// A value of the surface, short enough for a column of the board. number_map.js prints its own way: three decimals up to 100, and ∞.
function valueText(value) {
  if (!Number.isFinite(value)) return "–"
  const size = Math.abs(value)
  return size && (size < 1e-3 || size >= 1e5) ? value.toExponential(1).replace("e+", "e") : value.toFixed(size < 10 ? 3 : 1)
}

// 3,072 numbers fly from their row in the file into three planes, which then lie on top of each other as the image.
// Time runs from 0 to 4: red, green and blue unfold in one unit each, then the planes come together.
const SIDE = 32
const LAST = 4
const SECONDS = 2.2 // for one unit of time
const states = new WeakMap()

function planes(text) {
  const values = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  return [0, 1, 2].map((channel) => {
    const picture = new ImageData(SIDE, SIDE)
    for (let index = 0; index < SIDE * SIDE; index++) {
      picture.data[4 * index + channel] = values[channel * 1024 + index]
      picture.data[4 * index + 3] = 255
    }
    const canvas = document.createElement("canvas")
    canvas.width = canvas.height = SIDE
    canvas.getContext("2d").putImageData(picture, 0, 0)
    return canvas
  })
}

const between = (from, to, share) => from.map((value, k) => value + (to[k] - value) * share)
const eased = (share) => share * share * (3 - 2 * share)

// Where things are on a canvas of this width: three strips above, three squares below.
function layout(width) {
  const line = Math.max(15, width / 40)
  const gap = width / 32
  const side = Math.min(200, (width - 2 * gap) / 3)
  const left = (width - 3 * side - 2 * gap) / 2
  const top = 3 * 2.3 * line + line
  return {
    line,
    height: top + side + 1.6 * line,
    strip: (channel) => [0, channel * 2.3 * line + 1.1 * line, width, line],
    square: (channel) => [left + channel * (side + gap), top, side, side],
    middle: [(width - side) / 2, top, side, side],
  }
}

function draw(canvas, state, data) {
  const ratio = window.devicePixelRatio || 1
  const width = canvas.clientWidth
  const place = layout(width)
  canvas.style.height = `${place.height}px`
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(place.height * ratio)
  const pen = canvas.getContext("2d")
  const style = getComputedStyle(canvas)
  pen.scale(ratio, ratio)
  pen.imageSmoothingEnabled = false
  pen.font = `${place.line * 0.8}px ${style.fontFamily}`
  const together = eased(Math.max(0, state.time - 3))
  for (let channel = 0; channel < 3; channel++) {
    const strip = place.strip(channel)
    const square = between(place.square(channel), place.middle, together)
    pen.globalCompositeOperation = "source-over"
    pen.fillStyle = style.color
    pen.globalAlpha = 1
    pen.fillText(data.runs[channel], strip[0], strip[1] - place.line * 0.3)
    if (!together) pen.fillText(data.planes[channel], square[0], square[1] + square[3] + place.line)
    pen.globalAlpha = 0.15
    pen.fillRect(...strip)
    if (!together) pen.fillRect(...square)
    pen.globalAlpha = 1
    if (together) pen.globalCompositeOperation = "lighter" // red + green + blue light: the colour image
    for (let row = 0; row < SIDE; row++) {
      const from = [strip[0] + (row * strip[2]) / SIDE, strip[1], strip[2] / SIDE, strip[3]]
      const to = [square[0], square[1] + (row * square[3]) / SIDE, square[2], square[3] / SIDE]
      const own = Math.min(1, Math.max(0, (state.time - channel) * 1.6 - (0.6 * row) / (SIDE - 1)))
      const [x, y, w, h] = between(from, to, eased(own))
      if (own === 1 || own === 0) continue
      pen.drawImage(state.planes[channel], 0, row, SIDE, 1, x, y, w, h)
    }
    settled(pen, state, channel, strip, square)
  }
  pen.globalCompositeOperation = "source-over"
  if (together === 1) {
    pen.fillStyle = style.color
    pen.fillText(data.planes[3], place.middle[0], place.middle[1] + place.middle[3] + place.line)
  }
}

// Rows that rest, in the strip or in the plane, are drawn in one piece each, without seams.
function settled(pen, state, channel, strip, square) {
  const own = (row) => (state.time - channel) * 1.6 - (0.6 * row) / (SIDE - 1)
  let waiting = 0
  while (waiting < SIDE && own(SIDE - 1 - waiting) <= 0) waiting++
  let landed = 0
  while (landed < SIDE && own(landed) >= 1) landed++
  if (landed) pen.drawImage(state.planes[channel], 0, 0, SIDE, landed, square[0], square[1], square[2], (square[3] * landed) / SIDE)
  for (let row = SIDE - waiting; row < SIDE; row++) {
    const [x, next] = [row, row + 1].map((k) => Math.round(strip[0] + (k * strip[2]) / SIDE))
    pen.drawImage(state.planes[channel], 0, row, SIDE, 1, x, strip[1], next - x, strip[3])
  }
}

export default function (component) {
  const { data, parentElement } = component
  const find = (name) => parentElement.querySelector(name)
  const [canvas, told, scrub] = [find("canvas"), find(".told"), find("input")]
  const [back, play, step] = ["back", "play", "step"].map((name) => find(`button.${name}`))
  const state = states.get(parentElement) ?? { time: 0, playing: 0, shown: -1 }
  states.set(parentElement, state)
  state.planes = planes(data.pixels)
  canvas.role = "img"
  canvas.ariaLabel = data.label
  scrub.ariaLabel = data.scrub
  back.textContent = data.back
  step.textContent = data.step

  const show = () => {
    draw(canvas, state, data)
    const stage = Math.min(LAST, Math.floor(state.time + 1e-6) + (state.time % 1 > 0.02 ? 1 : 0))
    if (told.textContent !== data.stages[stage]) told.textContent = data.stages[stage]
    scrub.value = Math.round(state.time * 100)
    play.textContent = state.playing ? data.pause : data.play
    back.disabled = state.time === 0
    step.disabled = state.time === LAST
  }
  const halt = () => {
    cancelAnimationFrame(state.playing)
    clearTimeout(state.waiting)
    state.playing = 0
  }
  const go = (time) => {
    state.time = Math.max(0, Math.min(LAST, time))
    if (state.time === LAST) halt()
    show()
  }
  // Runs until `end`; whoever asked their system for less motion sees whole steps.
  const run = (end) => {
    halt()
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      const next = () => {
        go(Math.floor(state.time) + 1)
        if (state.time < end) state.waiting = setTimeout(next, 1000 * SECONDS)
        else halt()
        show()
      }
      state.playing = 1
      next()
      return
    }
    let before = performance.now()
    const frame = (now) => {
      const time = Math.min(end, state.time + (now - before) / 1000 / SECONDS)
      before = now
      state.playing = requestAnimationFrame(frame)
      if (time >= end) halt()
      go(time)
    }
    state.playing = requestAnimationFrame(frame)
    show()
  }
  play.onclick = () => {
    if (state.playing) {
      halt()
      show()
      return
    }
    if (state.time === LAST) state.time = 0
    run(LAST)
  }
  step.onclick = () => run(Math.min(LAST, Math.floor(state.time) + 1))
  back.onclick = () => {
    halt()
    go(Math.ceil(state.time) - 1)
  }
  scrub.oninput = () => {
    halt()
    go(Number(scrub.value) / 100)
  }
  canvas.observer?.disconnect()
  canvas.observer = new ResizeObserver(show)
  canvas.observer.observe(canvas.parentElement)
  return () => {
    halt()
    canvas.observer.disconnect()
  }
}

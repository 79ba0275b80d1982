// 3,072 numbers fly from their row in the file into three planes, which then lie on each other. Uses lib/canvas.js, lib/numbers.js.
// Time runs from 0 to 4: red, green and blue unfold in one unit each, then the planes come together as the image.
const SIDE = 32
const LAST = 4
const SECONDS = 2.2 // for one unit of time
const players = new WeakMap()

function planes(text) {
  const values = decode(text)
  return [0, 1, 2].map((channel) => {
    const picture = new ImageData(SIDE, SIDE)
    for (let index = 0; index < SIDE * SIDE; index++) {
      picture.data[4 * index + channel] = values[channel * SIDE * SIDE + index]
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

// How far a row of a channel has come; below 0 it still waits, from 1 on it has landed.
const progress = (time, channel, row) => (time - channel) * 1.6 - (0.6 * row) / (SIDE - 1)

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

function draw({ canvas, data, planes, time }) {
  const width = canvas.clientWidth
  const place = layout(width)
  canvas.style.height = `${place.height}px`
  const pen = fitCanvas(canvas, width, place.height)
  const style = getComputedStyle(canvas)
  pen.imageSmoothingEnabled = false
  pen.font = `${place.line * 0.8}px ${style.fontFamily}`
  pen.fillStyle = style.color
  const together = eased(Math.max(0, time - 3))
  for (let channel = 0; channel < 3; channel++) {
    const strip = place.strip(channel)
    const square = between(place.square(channel), place.middle, together)
    drawGround(pen, [data.runs[channel], data.planes[channel]], strip, square, place.line, together > 0)
    if (together) pen.globalCompositeOperation = "lighter" // red + green + blue light: the colour image
    drawFlying(pen, planes[channel], channel, time, strip, square)
    drawResting(pen, planes[channel], channel, time, strip, square)
    pen.globalCompositeOperation = "source-over"
  }
  const [x, y, , height] = place.middle
  if (together === 1) pen.fillText(data.planes[3], x, y + height + place.line)
}

// The names of a channel's strip and square, and the shade on which its numbers lie.
function drawGround(pen, [run, plane], strip, square, line, leaving) {
  pen.globalAlpha = 1
  pen.fillText(run, strip[0], strip[1] - line * 0.3)
  if (!leaving) pen.fillText(plane, square[0], square[1] + square[3] + line)
  pen.globalAlpha = 0.15
  pen.fillRect(...strip)
  if (!leaving) pen.fillRect(...square)
  pen.globalAlpha = 1
}

function drawFlying(pen, plane, channel, time, strip, square) {
  for (let row = 0; row < SIDE; row++) {
    const share = clamp(progress(time, channel, row), 0, 1)
    if (share === 0 || share === 1) continue
    const from = [strip[0] + (row * strip[2]) / SIDE, strip[1], strip[2] / SIDE, strip[3]]
    const to = [square[0], square[1] + (row * square[3]) / SIDE, square[2], square[3] / SIDE]
    pen.drawImage(plane, 0, row, SIDE, 1, ...between(from, to, eased(share)))
  }
}

// Rows that rest, in the strip or in the square, are drawn in one piece each, without seams.
function drawResting(pen, plane, channel, time, strip, square) {
  let waiting = 0
  while (waiting < SIDE && progress(time, channel, SIDE - 1 - waiting) <= 0) waiting++
  let landed = 0
  while (landed < SIDE && progress(time, channel, landed) >= 1) landed++
  if (landed) pen.drawImage(plane, 0, 0, SIDE, landed, square[0], square[1], square[2], (square[3] * landed) / SIDE)
  for (let row = SIDE - waiting; row < SIDE; row++) {
    const [x, next] = [row, row + 1].map((k) => Math.round(strip[0] + (k * strip[2]) / SIDE))
    pen.drawImage(plane, 0, row, SIDE, 1, x, strip[1], next - x, strip[3])
  }
}

function show(player) {
  const { data, time, playing, stage, scrub, play, back, step } = player
  draw(player)
  const begun = time % 1 > 0.02 ? 1 : 0
  const sentence = data.stages[Math.min(LAST, Math.floor(time + 1e-6) + begun)]
  if (stage.textContent !== sentence) stage.textContent = sentence // read aloud when it changes
  scrub.value = Math.round(time * 100)
  play.textContent = playing ? data.pause : data.play
  back.disabled = time === 0
  step.disabled = time === LAST
}

function halt(player) {
  cancelAnimationFrame(player.playing)
  clearTimeout(player.waiting)
  player.playing = 0
}

function go(player, time) {
  player.time = clamp(time, 0, LAST)
  if (player.time === LAST) halt(player)
  show(player)
}

// Whoever asked their system for less motion sees whole steps.
function runInSteps(player, end) {
  const next = () => {
    go(player, Math.floor(player.time) + 1)
    if (player.time < end) player.waiting = setTimeout(next, 1000 * SECONDS)
    else halt(player)
    show(player)
  }
  player.playing = 1
  next()
}

function runSmoothly(player, end) {
  let before = performance.now()
  const frame = (now) => {
    const time = Math.min(end, player.time + (now - before) / 1000 / SECONDS)
    before = now
    player.playing = requestAnimationFrame(frame)
    if (time >= end) halt(player)
    go(player, time)
  }
  player.playing = requestAnimationFrame(frame)
  show(player)
}

function run(player, end) {
  halt(player)
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
  if (calm) runInSteps(player, end)
  else runSmoothly(player, end)
}

function listen(player) {
  player.play.onclick = () => {
    if (player.playing) {
      halt(player)
      show(player)
      return
    }
    if (player.time === LAST) player.time = 0
    run(player, LAST)
  }
  player.step.onclick = () => run(player, Math.min(LAST, Math.floor(player.time) + 1))
  player.back.onclick = () => {
    halt(player)
    go(player, Math.ceil(player.time) - 1)
  }
  player.scrub.oninput = () => {
    halt(player)
    go(player, Number(player.scrub.value) / 100)
  }
}

export default function (component) {
  const { data, parentElement } = component
  const player = players.get(parentElement) ?? { time: 0, playing: 0 }
  players.set(parentElement, player)
  const parts = { canvas: "canvas", stage: ".stage", scrub: "input", back: "button.back", play: "button.play", step: "button.step" }
  for (const [name, selector] of Object.entries(parts)) player[name] = parentElement.querySelector(selector)
  const { canvas, scrub, back, step } = player
  Object.assign(player, { data, planes: planes(data.pixels) })
  canvas.role = "img"
  canvas.ariaLabel = data.label
  scrub.ariaLabel = data.scrub
  back.textContent = data.back
  step.textContent = data.step
  listen(player)
  canvas.observer?.disconnect()
  canvas.observer = new ResizeObserver(() => show(player))
  canvas.observer.observe(canvas.parentElement)
  return () => {
    halt(player)
    canvas.observer.disconnect()
  }
}

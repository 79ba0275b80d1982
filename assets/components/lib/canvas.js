// Base64 as numbers, bitmaps as fine as the screen, colours as numbers; stands first in the module of whoever `uses` it.

// The bytes of a base64 text as an array of this kind.
function decode(base64, Kind = Uint8Array) {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return new Kind(bytes.buffer)
}

// Pixels of the screen for one of CSS, at most `most`.
function pixelRatio(most = Infinity) {
  return Math.min(most, window.devicePixelRatio || 1)
}

// Empty the canvas and give it a pixel for each of the screen.
function sizeCanvas(canvas, width, height, ratio = pixelRatio()) {
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
}

// The same, and a context to draw on it in CSS pixels.
function fitCanvas(canvas, width, height, ratio = pixelRatio()) {
  sizeCanvas(canvas, width, height, ratio)
  const context = canvas.getContext("2d")
  context.scale(ratio, ratio)
  return context
}

// What a style sheet says of a variable, --lab-... of the palette or --st-... of the theme: a canvas can't read var().
function cssVariable(styled, name) {
  return getComputedStyle(styled).getPropertyValue(name).trim()
}

// Red, green and blue of #rrggbb, from 0 to 255.
function rgb(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16))
}

// How bright red, green and blue are to the eye, from 0 to 255.
function brightness([red, green, blue]) {
  return 0.3 * red + 0.59 * green + 0.11 * blue
}

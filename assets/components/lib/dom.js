// Elements made in one call, and the focus kept over a redraw; stands first in the module of whoever `uses` it.

// An element with these properties, and texts or other elements inside.
function element(kind, properties = {}, ...children) {
  const made = Object.assign(document.createElement(kind), properties)
  made.append(...children)
  return made
}

// A part of a drawing; SVG knows attributes alone.
function svg(kind, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", kind)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.textContent = text
  return made
}

// Redraw, then focus whatever bears the same data-<name> as what had the focus before.
function keepFocus(parentElement, name, redraw) {
  const focused = parentElement.activeElement ?? parentElement.getRootNode().activeElement
  const value = focused?.dataset?.[name]
  redraw()
  if (value !== undefined) parentElement.querySelector(`[data-${name}="${value}"]`)?.focus()
}

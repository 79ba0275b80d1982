// One picture of many tiles, cut into figures with captions; enlarged without smoothing, maybe as buttons. Uses lib/dom.js.
const ON_A_TELEPHONE = 3 // tiles that always fit beside each other

// Where a tile lies on the picture, in per cent, as CSS counts: from edge to edge.
function backgroundPosition(data, index) {
  const rows = Math.ceil(data.captions.length / data.columns)
  const column = index % data.columns
  const row = Math.floor(index / data.columns)
  const across = data.columns > 1 ? (column / (data.columns - 1)) * 100 : 0
  const down = rows > 1 ? (row / (rows - 1)) * 100 : 0
  return `${across}% ${down}%`
}

function tile(data, index, setTriggerValue) {
  const made = element(data.clickable ? "button" : "div", { className: "tile" })
  if (data.clickable) {
    made.type = "button"
    made.dataset.tile = index
    made.onclick = () => setTriggerValue("tile", index)
  } else {
    made.role = "img"
  }
  made.ariaLabel = data.names?.[index] ?? data.captions[index]
  made.style.backgroundImage = `url(${data.sheet})`
  made.style.backgroundSize = `${data.columns * 100}%`
  made.style.backgroundPosition = backgroundPosition(data, index)
  return made
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".grid")
  root.style.setProperty("--tile", `${data.size}px`)
  root.style.setProperty("--across", Math.min(ON_A_TELEPHONE, data.captions.length))
  root.style.setProperty("--gap", data.size < 70 ? "0.5rem" : "0.75rem")
  const { opened, ...picture } = data
  const drawn = JSON.stringify(picture)
  if (root.drawn !== drawn) {
    const figures = data.captions.map((caption, index) =>
      element("figure", {}, tile(data, index, setTriggerValue), element("figcaption", {}, caption)),
    )
    keepFocus(parentElement, "tile", () => root.replaceChildren(...figures))
    root.drawn = drawn
  }
  for (const button of root.querySelectorAll("button")) button.ariaPressed = Number(button.dataset.tile) === opened
}

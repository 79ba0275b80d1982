// Cuts one picture of many tiles into figures with captions; the tiles are enlarged without smoothing, and may be buttons.
function figure(data, index, setTriggerValue) {
  const caption = data.captions[index]
  const tile = document.createElement(data.clickable ? "button" : "div")
  tile.className = "tile"
  if (data.clickable) {
    tile.type = "button"
    tile.dataset.tile = index
    tile.onclick = () => setTriggerValue("tile", index)
  } else {
    tile.role = "img"
  }
  tile.ariaLabel = data.names?.[index] ?? caption
  tile.style.backgroundImage = `url(${data.sheet})`
  tile.style.backgroundSize = `${data.columns * 100}%`
  const column = index % data.columns
  const row = Math.floor(index / data.columns)
  const rows = Math.ceil(data.captions.length / data.columns)
  const across = data.columns > 1 ? (column / (data.columns - 1)) * 100 : 0
  const down = rows > 1 ? (row / (rows - 1)) * 100 : 0
  tile.style.backgroundPosition = `${across}% ${down}%`
  const words = document.createElement("figcaption")
  words.textContent = caption
  const made = document.createElement("figure")
  made.append(tile, words)
  return made
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".grid")
  root.style.setProperty("--tile", `${data.size}px`)
  root.style.setProperty("--across", Math.min(3, data.captions.length)) // tiles that fit beside each other even on a telephone
  root.style.setProperty("--gap", data.size < 70 ? "0.5rem" : "0.75rem")
  const { opened, ...picture } = data
  const drawn = JSON.stringify(picture)
  if (root.drawn !== drawn) {
    const focused = parentElement.activeElement?.dataset?.tile ?? parentElement.getRootNode().activeElement?.dataset?.tile
    root.replaceChildren(...data.captions.map((_, index) => figure(data, index, setTriggerValue)))
    root.drawn = drawn
    if (focused !== undefined) root.querySelector(`[data-tile="${focused}"]`)?.focus()
  }
  for (const button of root.querySelectorAll("button")) button.ariaPressed = Number(button.dataset.tile) === opened
}

// Cuts one picture of many tiles into figures with captions; the tiles are enlarged without smoothing.
export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector(".grid")
  root.style.setProperty("--tile", `${data.size}px`)
  root.replaceChildren(
    ...data.captions.map((caption, index) => {
      const figure = document.createElement("figure")
      const tile = document.createElement("div")
      tile.className = "tile"
      tile.role = "img"
      tile.ariaLabel = caption
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
      figure.append(tile, words)
      return figure
    }),
  )
}

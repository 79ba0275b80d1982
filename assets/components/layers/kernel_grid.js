// A kernel as grids of numbers to type over; sent whole once each of them can be used. Uses lib/dom.js, lib/numbers.js.

function tint(input, colours, largest) {
  const value = Number(input.value)
  input.style.setProperty("--colour", value < 0 ? colours.negative : colours.positive)
  input.style.setProperty("--strength", `${Math.round(55 * Math.min(1, Math.abs(value) / (largest || 1)))}%`)
}

function build(root, planes, size) {
  const shape = `${planes},${size}`
  if (root.dataset.shape === shape) return
  root.dataset.shape = shape
  const input = () => element("input", { inputMode: "decimal", autocomplete: "off" })
  const cells = () => Array.from({ length: size * size }, input)
  root.replaceChildren(...Array.from({ length: planes }, () => element("fieldset", {}, element("legend"), ...cells())))
}

// The number of a cell; what a learner has typed stays as it is where it means the same.
function write(input, value) {
  if (Number(input.value) !== value || input.value === "") input.value = rounded(value, 4)
  input.ariaInvalid = false
}

function usable(input, limit) {
  return input.value.trim() !== "" && Math.abs(Number(input.value)) <= limit
}

// Take a typed number, with a true minus or a decimal comma too; true if all of the kernel can be used.
function take(input, root, limit) {
  input.value = input.value.replace("−", "-").replace(",", ".")
  input.ariaInvalid = !usable(input, limit)
  return [...root.querySelectorAll("input")].every((other) => usable(other, limit))
}

function kernel(root) {
  return [...root.children].map((grid) => [...grid.querySelectorAll("input")].map((input) => Number(input.value)))
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".planes")
  const size = data.planes[0].length
  const largest = Math.max(...data.planes.flat(2).map(Math.abs))
  build(root, data.planes.length, size)
  data.planes.forEach((rows, plane) => {
    const grid = root.children[plane]
    grid.style.setProperty("--size", size)
    grid.querySelector("legend").textContent = data.names[plane]
    grid.querySelectorAll("input").forEach((input, cell) => {
      const [row, column] = [Math.floor(cell / size), cell % size]
      write(input, rows[row][column])
      input.ariaLabel = fill(data.label, { plane: data.names[plane], row, column })
      tint(input, data.colours, largest)
      input.onchange = () => {
        const complete = take(input, root, data.limit)
        tint(input, data.colours, largest)
        if (complete) setTriggerValue("kernel", kernel(root))
      }
    })
  })
}

// A kernel as grids of numbers to type into; the whole of it is sent as soon as one number was changed and all can be used.
function tint(input, colours, largest) {
  const value = Number(input.value)
  input.style.setProperty("--colour", value < 0 ? colours.negative : colours.positive)
  input.style.setProperty("--strength", `${Math.round(55 * Math.min(1, Math.abs(value) / (largest || 1)))}%`)
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".planes")
  const size = data.planes[0].length
  const largest = Math.max(...data.planes.flat(2).map(Math.abs))
  const shape = `${data.planes.length},${size}`
  const usable = (input) => input.value.trim() !== "" && Math.abs(Number(input.value)) <= data.limit

  if (root.dataset.shape !== shape) {
    root.dataset.shape = shape
    root.replaceChildren(
      ...data.planes.map(() => {
        const fieldset = document.createElement("fieldset")
        fieldset.append(document.createElement("legend"))
        for (let cell = 0; cell < size * size; cell++) {
          const input = document.createElement("input")
          input.inputMode = "decimal"
          input.autocomplete = "off"
          fieldset.append(input)
        }
        return fieldset
      }),
    )
  }
  const grids = [...root.children]
  grids.forEach((fieldset, plane) => {
    fieldset.style.setProperty("--size", size)
    fieldset.querySelector("legend").textContent = data.names[plane]
    fieldset.querySelectorAll("input").forEach((input, cell) => {
      const value = data.planes[plane][Math.floor(cell / size)][cell % size]
      if (Number(input.value) !== value || input.value === "") input.value = String(+value.toPrecision(4))
      input.ariaLabel = data.label
        .replace("{plane}", data.names[plane])
        .replace("{row}", Math.floor(cell / size))
        .replace("{column}", cell % size)
      input.ariaInvalid = false
      tint(input, data.colours, largest)
      input.onchange = () => {
        input.value = input.value.replace("−", "-").replace(",", ".")
        input.ariaInvalid = !usable(input)
        tint(input, data.colours, largest)
        const inputs = grids.map((grid) => [...grid.querySelectorAll("input")])
        if (!inputs.flat().every(usable)) return
        setTriggerValue("kernel", inputs.map((grid) => grid.map((one) => Number(one.value))))
      }
    })
  })
}

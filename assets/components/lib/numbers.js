// Numbers as the pages print them, and sentences with places for them; stands first in the module of whoever `uses` it.

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value))
}

// A number, or one printed already, with the minus of a book instead of a hyphen.
function trueMinus(number) {
  return `${number}`.replace("-", "−")
}

function fixed(value, decimals) {
  return trueMinus(value.toFixed(decimals))
}

// With at most so many digits and no zeros at the end; with a hyphen, for numbers that are typed over.
function rounded(value, digits) {
  return `${Number(value.toPrecision(digits))}`
}

// The sentence with its {name} places filled; {name:cell|cells} is the first word if the value is 1, as in core/text.py.
function fill(sentence, values) {
  const choose = (place, name, one, many) => (`${values[name]}` === "1" ? one : many)
  return sentence
    .replace(/\{(\w+):([^|{}]*)\|([^{}]*)\}/g, choose)
    .replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place)
}

// The parts in one line, each two joined by the pattern; "" for none.
function listed(pattern, parts) {
  return parts.length ? parts.reduce((first, second) => fill(pattern, { first, second })) : ""
}

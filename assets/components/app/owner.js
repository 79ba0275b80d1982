// Keeps an unguessable token in this browser's localStorage: the server knows a learner by it. Uses lib/dom.js.
// The token is also the code that takes a learner's runs to another browser.
const NAME = "lenet-lab-owner"
const TOKEN = /^[0-9a-f]{64}$/

function freshToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}

// Keep the token; whether the browser does.
function keep(token) {
  try {
    localStorage.setItem(NAME, token)
    return localStorage.getItem(NAME) === token
  } catch {
    return false // storage is blocked: the token lives as long as this page
  }
}

function keptToken() {
  try {
    const kept = localStorage.getItem(NAME)
    return TOKEN.test(kept ?? "") ? kept : null
  } catch {
    return null
  }
}

let token = null // of this page, where nothing is kept

// From now on be the learner of this token; a new page forgets what the old one had chosen, but for the language.
function become(component, other) {
  token = other
  const language = new URL(location).searchParams.get("lang")
  if (keep(other)) return location.assign(`${location.pathname}?lang=${language}`)
  component.setStateValue("token", other)
}

function draw(component) {
  const { words } = component.data
  const shown = element("code", { hidden: true, tabIndex: 0 })
  const show = element("button", { type: "button", textContent: words.show, onclick: () => reveal() })
  const typed = element("input", { type: "text", ariaLabel: words.other, placeholder: words.other, autocomplete: "off" })
  const wrong = element("p", { role: "alert" })
  const use = element("button", { type: "submit", textContent: words.use })
  const form = element("form", { onsubmit: (event) => take(event) }, typed, use)
  const anew = element("button", { type: "button", textContent: words.anew, onclick: () => confirm() })

  function reveal() {
    shown.textContent = token.replace(/(.{8})(?!$)/g, "$1 ")
    shown.hidden = !shown.hidden
    show.textContent = shown.hidden ? words.show : words.hide
  }
  function take(event) {
    event.preventDefault()
    const code = typed.value.toLowerCase().replace(/[^0-9a-z]/g, "")
    if (TOKEN.test(code)) become(component, code)
    else wrong.textContent = words.wrong
  }
  function confirm() {
    if (anew.textContent === words.sure) become(component, freshToken())
    else anew.textContent = words.sure
  }

  const open = component.parentElement.querySelector("details")?.open ?? false
  const parts = [element("p", { textContent: words.about }), show, shown, form, wrong, anew]
  const details = element("details", { open }, element("summary", { textContent: words.title }), ...parts)
  component.parentElement.querySelector(".owner").replaceChildren(details)
}

export default function (component) {
  const { known, words } = component.data
  token ??= keptToken() ?? freshToken()
  const root = component.parentElement.querySelector(".owner")
  if (!known) {
    component.setStateValue("kept", keep(token))
    component.setStateValue("token", token)
  }
  if (root.dataset.words === JSON.stringify(words)) return // else a code half typed would be lost
  root.dataset.words = JSON.stringify(words)
  draw(component)
}

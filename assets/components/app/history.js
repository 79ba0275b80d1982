// Gives the browser's history one entry for each visit to a page, with the address as it was when the learner left.
// Streamlit adds one for every change of a parameter by the server, strips the page's parameters before it leaves,
// and after Back adds one for a run of the page gone back from that was still under way.
const path = (address) => new URL(address, location.href).pathname

const push = history.pushState.bind(history)
let left = location.href // as the learner saw it at the last click or key, so also at the one that leads away
let leads = true // whether that click or key may lead to another page; Back and Forward have done so already

function look(event) {
  if (event.detail > 1) return // the second click of a double click sees a page half left
  left = location.href
  leads = event.type !== "popstate"
}
for (const event of ["click", "keydown", "popstate"]) addEventListener(event, look, true)

history.pushState = (state, title, address) => {
  if (path(address) === location.pathname) return history.replaceState(state, title, address)
  if (!leads) return
  if (path(left) === location.pathname) history.replaceState(state, title, left)
  push(state, title, address)
  left = location.href
}

// Keeps an unguessable token in this browser's localStorage and hands it to the server, which knows a learner by it.
const NAME = "lenet-lab-owner"

function token() {
  try {
    const kept = localStorage.getItem(NAME)
    if (/^[0-9a-f]{64}$/.test(kept ?? "")) return kept
  } catch {
    // storage is blocked: the token lives as long as this page
  }
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const fresh = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  try {
    localStorage.setItem(NAME, fresh)
  } catch {
    // as above
  }
  return fresh
}

export default function (component) {
  component.setStateValue("token", token())
}

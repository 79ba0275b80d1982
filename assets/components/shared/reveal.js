// Brings the place where it stands into view, once for each element that the page draws.
export default function ({ parentElement }) {
  const place = parentElement.host ?? parentElement // a component stands in a shadow tree
  if (place.dataset.shown) return
  place.dataset.shown = "yes"
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
  place.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" })
}

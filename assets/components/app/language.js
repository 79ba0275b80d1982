// Tells the browser which language the page is in: for screen readers, hyphenation, and the right Chinese characters.
export default function ({ data }) {
  document.documentElement.lang = data.language
}

"use strict";
// The keys of this page in one list, read from the parts that have them, so it is never stale.

const keys = document.getElementById("keys");

function nameOf(part) {
  const labels = [...(part.labels ?? [])].map((label) => label.firstChild?.textContent.trim());
  const text = part.cloneNode(true);
  for (const count of text.querySelectorAll?.(".count, .late") ?? []) count.remove();
  const said = part.dataset.keyName || part.getAttribute("aria-label") || labels.find(Boolean)
    || part.placeholder || text.textContent;
  return said.replace(/\s+/g, " ").replace(/\s*…$/, "").trim();
}
function line(key, name) {
  const row = document.createElement("tr");
  const [first, second] = [document.createElement("td"), document.createElement("td")];
  for (const one of key.split(" ")) {
    const mark = document.createElement("kbd");
    mark.textContent = one;
    first.append(mark, " ");
  }
  second.textContent = name;
  row.append(first, second);
  return row;
}
function fill() {
  const known = new Map();
  // A part with `data-tells-key` names a key that a script of the page reads.
  for (const part of document.querySelectorAll("main [data-key], .bar [data-key], main [data-tells-key]")) {
    const name = nameOf(part);
    const key = part.dataset.key ?? part.dataset.tellsKey;
    const names = known.get(key) ?? new Set();
    // Rows of a list have the same keys: each is listed once.
    if (name && !(part.closest("[data-rows]") && names.size)) names.add(name);
    known.set(key, names);
  }
  keys.querySelector("[data-page-keys]").replaceChildren(
    ...[...known].map(([key, names]) => line(key, [...names].join(", "))),
  );
}
document.addEventListener("click", (event) => {
  if (!keys || !event.target.closest("[data-help]")) return;
  fill();
  keys.showModal();
});

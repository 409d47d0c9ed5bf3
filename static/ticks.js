"use strict";
// Rows that are ticked: how many, all at once, and with Shift all up to here.

function boxes(name) {
  return [...document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]`)];
}
function count() {
  for (const shown of document.querySelectorAll("[data-count-of]")) {
    shown.value = boxes(shown.dataset.countOf).filter((box) => box.checked).length;
  }
  for (const all of document.querySelectorAll("[data-ticks]")) {
    const these = boxes(all.dataset.ticks);
    const ticked = these.filter((box) => box.checked).length;
    all.checked = these.length > 0 && ticked === these.length;
    all.indeterminate = ticked > 0 && !all.checked;
  }
}

let last = null;
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches("input[type=checkbox][name=task]")) return;
  const all = boxes(box.name);
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
  if (event.shiftKey && from >= 0) for (const between of all.slice(from, to)) between.checked = box.checked;
  last = box;
});
document.addEventListener("change", (event) => {
  const name = event.target.dataset.ticks;
  if (name) for (const box of boxes(name)) box.checked = event.target.checked;
  count();
});
// What was done with them is done: nothing stays ticked. The list that is fetched anew keeps ticks.
document.body.addEventListener("notice", (event) => {
  if (!event.target.closest?.("#several")) return;
  for (const box of boxes("task")) box.checked = false;
  count();
});
document.body.addEventListener("htmx:after:swap", count);
count();

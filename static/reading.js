"use strict";
// A case that is left is free for others soon; a page that is only loaded again renews its claim in time.
window.addEventListener("pagehide", () => {
  const held = document.querySelector("[data-leave]");
  if (!held) return;
  const form = new FormData();
  form.set("csrf_token", document.querySelector("[name=csrf_token]").value);
  navigator.sendBeacon(held.dataset.leave, form);
});

// What was written is not lost by a slip: the browser asks before it leaves.
let unsent = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("[data-keeps-text]")) unsent = true;
});
document.addEventListener("submit", (event) => {
  if (event.target.closest("[data-keeps-text]")) unsent = false;
});
document.body.addEventListener("htmx:response:error", () => {
  unsent = Boolean(document.querySelector("[data-keeps-text] textarea")?.value);
});
// While writing, the hands stay on the keys: what the form's main button does.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.target.closest?.("[data-keeps-text]")?.querySelector("button.main")?.click();
});
window.addEventListener("beforeunload", (event) => {
  if (unsent) event.preventDefault();
});

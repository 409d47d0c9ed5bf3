"use strict";
// What pages need beside htmx: notices, the live mark, keys and the dialog. No page needs it to work.

const answer = document.getElementById("answer");
const dialog = document.getElementById("dialog");

function showNotice(text) {
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = text;
  answer.replaceChildren(notice);
}

function refuse(text) {
  showNotice(text);
  answer.firstElementChild.classList.add("refused");
  answer.firstElementChild.setAttribute("role", "alert");
}

document.body.addEventListener("notice", (event) => {
  showNotice(event.detail.text);
  // What was done by a folded form is done: it folds again, empty, and the page shows what it did.
  const folded = event.target.closest?.("details.reason");
  if (folded) { folded.open = false; folded.querySelector("form")?.reset(); }
  if (dialog.open && !dialog.querySelector("[data-stays]")) dialog.close();
});

// Say that what was sent got no answer; what was typed is still in its form.
document.body.addEventListener("htmx:error", (event) => {
  const { request, sourceElement } = event.detail?.ctx ?? {};
  // What a page asks by itself is asked again; the mark in the bar shows that it failed.
  const byItself = request?.method === "GET" && sourceElement?.closest("[hx-trigger], [hx-sse\\:connect]") === sourceElement;
  if (request && !byItself) refuse(document.body.dataset.noAnswer);
});

// Notices of success go by themselves; refusals stay until the next action.
new MutationObserver(() => {
  for (const notice of answer.querySelectorAll(".notice:not(.refused):not([data-timed])")) {
    notice.dataset.timed = "";
    setTimeout(() => notice.remove(), 6000);
  }
}).observe(answer, { childList: true });

// A table that fits its place does not scroll in it: its headings stay in sight while the page scrolls.
const widths = new ResizeObserver((entries) => {
  for (const wrap of new Set(entries.map(({ target }) => target.closest(".table-wrap")))) {
    wrap?.toggleAttribute("data-fits", wrap.firstElementChild.offsetWidth <= wrap.clientWidth);
  }
});
function watchTables() {
  for (const table of document.querySelectorAll(".table-wrap > table")) {
    widths.observe(table);
    widths.observe(table.parentElement);
  }
}
watchTables();
document.body.addEventListener("htmx:after:swap", watchTables);

const live = document.querySelector("[data-live]");
function setLive(on) {
  if (!live) return;
  live.textContent = on ? live.dataset.on : live.dataset.off;
  live.classList.toggle("on", on);
}
for (const name of ["connected", "resumed"]) document.body.addEventListener(name, () => setLive(true));
document.body.addEventListener("lost", () => setLive(false));
document.body.addEventListener("htmx:sse:close", () => setLive(false));
document.body.addEventListener("htmx:sse:error", () => setLive(false));
document.body.addEventListener("htmx:before:sse:reconnect", () => setLive(false));

// An event that names a row is dispatched again under the row's own name: exam-7.
for (const topic of ["exam", "order", "patient", "reading", "message"]) {
  document.body.addEventListener(topic, (event) => {
    const text = event.detail?.data ?? event.detail?.message?.data;
    if (!text) return;
    document.body.dispatchEvent(new CustomEvent(`${topic}-${JSON.parse(text).id}`));
  });
}

// A page that looks again tells which parts it shows: the server answers with those that differ.
document.body.addEventListener("htmx:before:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (!sourceElement.matches?.("[data-parts]") || request.method !== "GET") return;
  const shown = [...sourceElement.querySelectorAll("[data-part]")];
  request.headers["X-Parts"] = shown.map((part) => `${part.id}=${part.dataset.part}`).join();
});

// A form or list that was loaded into the dialog opens it.
document.body.addEventListener("htmx:after:swap", () => {
  const content = document.getElementById("dialog-content");
  if (content && content.childElementCount && !dialog.open && content.dataset.shown !== content.innerHTML) {
    content.dataset.shown = content.innerHTML;
    dialog.append(answer); // what lies outside an open dialog can be neither reached nor heard
    dialog.showModal();
    focusFirst(content);
  } else if (dialog?.open && content.querySelector("[data-finished]")) dialog.close();
  else if (dialog?.open && !content.contains(document.activeElement)) focusFirst(content);
});
function focusFirst(content) {
  const field = "input:not([type=hidden]), select, textarea";
  (content.querySelector("[autofocus]") || content.querySelector(field) || content.querySelector("button, a"))?.focus();
}
dialog?.addEventListener("close", () => {
  document.getElementById("main").before(answer);
  const content = document.getElementById("dialog-content");
  content.replaceChildren();
  delete content.dataset.shown;
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) dialog.close();
  if (event.target.closest("[data-print]")) print();
  const row = event.target.closest("tr[data-href]");
  if (row && !event.target.closest("a, button, input, select, label")) location.href = row.dataset.href;
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

function rows() {
  // A line that only says that nothing is there is no row to choose.
  return [...document.querySelectorAll("[data-rows] > *")].filter(
    (row) => row.offsetParent !== null && row.querySelector("a, button, summary"),
  );
}
function select(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  if (at >= 0) all[at].removeAttribute("aria-selected");
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
}
function press(key) {
  const row = document.querySelector("[data-rows] > [aria-selected=true]");
  // A key means the row that is chosen, or what stands outside of rows; never another row.
  const all = [...document.querySelectorAll(`main [data-key="${key}"], .bar [data-key="${key}"]`)];
  const target = all.find((one) => row?.contains(one))
    || all.find((one) => !row || !one.closest("[data-rows]"));
  if (!target) return false;
  if (target.matches("input:not([type=checkbox]), textarea")) { target.focus(); target.select(); }
  else if (target.matches("select")) target.focus();
  else target.click();
  if (target.matches("summary") && target.parentElement.open) {
    target.parentElement.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }
  return true;
}

let going = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea") || document.querySelector("dialog[open]")) return;
  if (going) {
    going = false;
    document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
    return;
  }
  if (event.key === "g") { going = true; setTimeout(() => { going = false; }, 1500); return; }
  if (event.key === "j") select(1);
  else if (event.key === "k") select(-1);
  else if (event.key === "Enter" && !event.target.matches("a, button")) {
    const row = document.querySelector("[data-rows] > [aria-selected=true]");
    const link = row?.querySelector("a");
    if (!link) return;
    link.click();
  } else if (!/^[a-zA-Z/?]$/.test(event.key) || !press(event.key)) return;
  event.preventDefault();
});

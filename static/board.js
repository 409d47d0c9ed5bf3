"use strict";
// The day board: begin at the present time, walk over the cards by arrow keys, drag one to a slot.
// Whatever can be dragged has a form that does the same.

const day = document.querySelector("[data-day]");
const drop = document.getElementById("drop");
const ROW_MINUTES = 5;
const EDGE = 30; // pixels from the border in which dragging scrolls
const HOLD = 350; // milliseconds that a finger rests on a card to take it; sooner, it scrolls

function showNow() {
  const wrap = day.querySelector(".board-wrap");
  const mark = day.querySelector("[data-now]");
  if (mark) wrap.scrollTop = Math.max(mark.offsetTop - wrap.clientHeight / 3, 0);
}
showNow();

// Dragging
let held = null; // pressed, not moved yet
let drag = null; // on its way
let isStale = false; // the board has changed while something was dragged

day.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-exam]");
  if (!drop || !card || event.button || !event.isPrimary || event.target.closest(".button")) return;
  const top = card.closest(".column") ? event.clientY - card.getBoundingClientRect().top : 0;
  letGo();
  held = { card, top, x: event.clientX, y: event.clientY };
  if (event.pointerType === "touch") held.timer = setTimeout(start, HOLD);
});
document.addEventListener("pointermove", (event) => {
  if (held && !drag && Math.hypot(event.clientX - held.x, event.clientY - held.y) > 5) {
    if (held.timer) letGo();
    else start();
  }
  if (drag) follow(event);
});
document.addEventListener("pointercancel", () => { letGo(); if (drag) stop(); });
// A card that a finger has taken moves instead of the page.
document.addEventListener("touchmove", (event) => { if (drag && event.cancelable) event.preventDefault(); }, { passive: false });
document.addEventListener("contextmenu", (event) => { if (drag || held?.timer) event.preventDefault(); });
document.addEventListener("pointerup", () => {
  letGo();
  if (!drag) return;
  // The click that ends the drag opens nothing.
  document.addEventListener("click", swallow, { capture: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
  const { target, exam, version } = drag;
  stop();
  if (target && !target.reason) submit(exam, version, target);
  else if (target) refuse(target.reason);
});
document.addEventListener("keydown", (event) => { if (drag && event.key === "Escape") stop(); });
document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-exam]")) event.preventDefault(); });

function letGo() {
  clearTimeout(held?.timer);
  held = null;
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

async function start() {
  const { card, top } = held;
  const ghost = document.createElement("div");
  drag = { exam: card.dataset.exam, version: card.dataset.version, card, top, ghost, plan: null, target: null };
  const mine = drag;
  document.body.classList.add("dragging");
  card.classList.add("dragged");
  const plan = await fetch(`/day/candidates/${drag.exam}`, { headers: { "HX-Request": "true" } })
    .then((answer) => (answer.ok ? answer.json() : null), () => null);
  if (drag !== mine) return;
  if (!plan) { stop(); refuse(document.body.dataset.noAnswer); return; }
  drag.plan = plan;
  for (const column of day.querySelectorAll(".column")) {
    const reason = reasonAgainst(column);
    column.classList.add(reason ? "cannot" : "can");
    if (reason) column.dataset.reason = reason;
  }
  if (drag.last) follow(drag.last);
}

function reasonAgainst(column) {
  const { plan } = drag;
  return plan.refused || (plan.rooms[column.dataset.room] ?? plan.others);
}

function follow(event) {
  drag.last = event;
  scrollAtEdge(event);
  const column = document.elementFromPoint(event.clientX, event.clientY)?.closest(".column");
  if (!column || !drag.plan) { drag.target = null; drag.ghost.remove(); return; }
  const board = column.closest("[data-board]");
  const box = column.getBoundingClientRect();
  const rows = Number(board.dataset.rowsCount);
  const row = Math.min(Math.max(Math.round((event.clientY - drag.top - box.top) / box.height * rows), 0), rows - 1);
  const startsAt = new Date(Date.parse(board.dataset.start) + row * ROW_MINUTES * 60000);
  const length = Math.min(Math.ceil(drag.plan.minutes / ROW_MINUTES), rows - row);
  const reason = reasonAgainst(column);
  drag.target = { room: column.dataset.room, startsAt, reason };
  drag.ghost.className = `ghost at-${row + 1} for-${length}${reason ? " no" : ""}`;
  const twice = JSON.parse(board.dataset.twice ?? "{}"); // times that clocks show twice, with their zone
  drag.ghost.textContent = `${twice[row + 1] ?? clock(startsAt)} ${column.dataset.code}`;
  if (drag.ghost.parentElement !== column) column.append(drag.ghost);
}

function clock(moment) {
  return moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: day.dataset.zone });
}

function scrollAtEdge(event) {
  const wrap = day.querySelector(".board-wrap");
  const box = wrap.getBoundingClientRect();
  if (event.clientX < box.left || event.clientX > box.right) return;
  if (event.clientY > box.bottom - EDGE) wrap.scrollTop += 12;
  else if (event.clientY < box.top + 2 * EDGE) wrap.scrollTop -= 12;
  if (event.clientX > box.right - EDGE) wrap.scrollLeft += 12;
  else if (event.clientX < box.left + 2 * EDGE) wrap.scrollLeft -= 12;
}

function stop() {
  drag.ghost.remove();
  drag.card.classList.remove("dragged");
  document.body.classList.remove("dragging");
  for (const column of day.querySelectorAll(".column")) {
    column.classList.remove("can", "cannot");
    delete column.dataset.reason;
  }
  drag = held = null;
  if (isStale) day.dispatchEvent(new CustomEvent("again"));
  isStale = false;
}

function submit(exam, version, target) {
  drop.elements.exam_id.value = exam;
  drop.elements.version.value = version;
  drop.elements.room_id.value = target.room;
  drop.elements.starts_at.value = target.startsAt.toISOString();
  drop.requestSubmit();
}

// What is being dragged stays where it is until it is dropped.
for (const name of ["htmx:before:request", "htmx:before:swap"]) {
  day.addEventListener(name, (event) => {
    if (!drag || event.target !== day) return;
    event.preventDefault();
    isStale = true;
  });
}

// What others do: news of an exam redraws the columns that it is or was in, and the tray.
const SOON = 300; // milliseconds in which news is gathered
const OWN = 1500; // how long news of what was done here may take before the whole board looks again
const MOST_NEWS = 60;
const news = new Set();
let gathering = null;
let ownNews = null;
let heardAt = -Infinity;

document.body.addEventListener("exam", (event) => {
  const text = event.detail?.data ?? event.detail?.message?.data;
  clearTimeout(ownNews);
  if (text) {
    heardAt = performance.now();
    news.add(JSON.parse(text).id);
    gathering ??= setTimeout(look, SOON);
  } else if (performance.now() - heardAt > OWN) ownNews = setTimeout(lookAgain, OWN);
});
day.addEventListener("htmx:finally:request", (event) => { if (event.target === day) setTimeout(look); });

function lookAgain() {
  day.dispatchEvent(new CustomEvent("again"));
}

async function look() {
  clearTimeout(gathering);
  gathering = null;
  if (!news.size || day.matches(".htmx-request")) return;
  const address = addressOfChanges([...news]);
  news.clear();
  if (!address) { lookAgain(); return; }
  const focused = document.activeElement?.closest("[id^=exam-]")?.id;
  await htmx.ajax("GET", address, { source: day });
  // A card that somebody has moved to another column keeps the focus.
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.querySelector(".open")?.focus({ preventScroll: true });
}

// Null where the board would have to say too much, or shows nothing yet.
function addressOfChanges(exams) {
  const board = day.querySelector("[data-board]");
  if (!board || exams.length > MOST_NEWS) return null;
  const cards = exams.map((id) => document.getElementById(`exam-${id}`)).filter(Boolean);
  const at = cards.map((card) => card.closest(".column")?.dataset.room).filter(Boolean);
  const query = new URLSearchParams(new URL(day.getAttribute("hx-get"), location.href).search);
  query.set("exams", exams.join());
  query.set("columns", [...board.querySelectorAll(".column")].map((column) => column.dataset.room).join());
  query.set("at", [...new Set(at)].join());
  query.set("start", board.dataset.start);
  query.set("rows", board.dataset.rowsCount);
  if (cards.length > at.length) query.set("tray", "1");
  return `/day/cells?${query}`;
}

// The card under the pointer or in focus has the link to the form that moves it: hundreds of links
// that nobody sees would keep everybody waiting.
const mover = document.getElementById("mover");
const moverAddress = mover?.getAttribute("href");
for (const name of ["pointerover", "focusin"]) {
  day.addEventListener(name, (event) => offerMove(event.target.closest?.(".exam")));
}
function offerMove(card) {
  if (!mover || !card?.dataset.exam || mover.parentElement === card) return;
  mover.setAttribute("href", moverAddress.replace("/0/", `/${card.dataset.exam}/`));
  mover.hidden = false;
  card.append(mover);
}

// The form opens in the dialog; without this script a link leads to its page.
day.addEventListener("click", (event) => {
  const move = event.target.closest("a.move");
  if (!move || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  htmx.ajax("GET", move.getAttribute("href"), { source: move, target: "#dialog-content", swap: "innerHTML" });
});

// Keys: arrows go from card to card, m opens the form that moves the one in focus.
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
document.addEventListener("keydown", (event) => {
  const card = document.activeElement?.closest?.(".exam");
  if (!card || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "m") {
    offerMove(card);
    card.querySelector(".move")?.click();
  }
  else if (event.key in STEPS) neighbour(card, ...STEPS[event.key])?.querySelector(".open").focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, { capture: true });

function neighbour(card, across, down) {
  const column = card.closest(".column");
  if (down) {
    const cards = [...column.querySelectorAll(".exam")];
    return cards[cards.indexOf(card) + down];
  }
  const columns = [...day.querySelectorAll(".column")];
  const middle = (one) => one.offsetTop + one.offsetHeight / 2;
  for (let at = columns.indexOf(column) + across; at >= 0 && at < columns.length; at += across) {
    const cards = [...columns[at].querySelectorAll(".exam")];
    if (cards.length) return cards.sort((a, b) => Math.abs(middle(a) - middle(card)) - Math.abs(middle(b) - middle(card)))[0];
  }
  return null;
}

"use strict";
// News of exams that a part of a page does not show is named in the part's request: the server then
// tells with one question whether it concerns the part at all.

const MOST_EXAMS = 60; // as the server reads; of more, the part is asked for whole
const untold = new Map(); // what each part is still to ask about: exams' ids, or null for everything

function gather(part, id) {
  const ids = untold.get(part.id);
  if (ids === null) return;
  const shown = part.dataset.shows.split(" ");
  if (id === undefined || shown.includes(String(id)) || ids?.size >= MOST_EXAMS) untold.set(part.id, null);
  else untold.set(part.id, (ids ?? new Set()).add(id));
}

for (const topic of ["exam", "hold", "reading", "performed", "connected"]) {
  document.body.addEventListener(topic, (event) => {
    const text = event.detail?.data ?? event.detail?.message?.data;
    const id = topic === "exam" || topic === "hold" ? text && JSON.parse(text).id : undefined;
    for (const part of document.querySelectorAll("[data-shows]")) gather(part, id || undefined);
  });
}

document.body.addEventListener("htmx:config:request", (event) => {
  const { sourceElement: part, request } = event.detail.ctx;
  if (!part.matches?.("[data-shows]") || request.method !== "GET") return;
  const ids = untold.get(part.id);
  untold.delete(part.id);
  if (ids?.size) request.headers["X-News"] = [...ids].join(",");
});

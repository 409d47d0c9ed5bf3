"use strict";
// A part of a page that hears news names in its request the rows that there is news of, and a list also
// the rows that it shows: the server answers with nothing, with the rows that changed, or with it all.

const MOST_NEWS = 60; // as the server reads; of more, the part is asked for whole
const TOPICS = ["exam", "hold", "reading", "critical", "performed", "message", "connected"];
const untold = new Map(); // by part: what it is still to ask about

function gather(part, topic, id) {
  const named = part.dataset.news.split(" ").includes(topic);
  if (!named && !part.getAttribute("hx-trigger").includes(`${topic} from:body`)) return;
  const news = untold.get(part.id) ?? { ids: new Set(), isWhole: false };
  untold.set(part.id, news);
  // What was done here is announced at once without an id, and with it when the news comes round.
  if (named && id) news.ids.add(String(id));
  else if (!named) news.isWhole = true;
  const shown = part.dataset.shows?.split(" ") ?? [];
  if (news.ids.size > MOST_NEWS || shown.some((one) => news.ids.has(one))) news.isWhole = true;
}

for (const topic of TOPICS) {
  document.body.addEventListener(topic, (event) => {
    const text = event.detail?.data ?? event.detail?.message?.data;
    const id = text ? JSON.parse(text).id : undefined;
    for (const part of document.querySelectorAll("[data-news]")) gather(part, topic, id);
  });
}

// When the request goes out, not when it is queued: one that is left out takes no news with it.
document.body.addEventListener("htmx:before:request", (event) => {
  const { sourceElement: part, sourceEvent, request } = event.detail.ctx;
  if (!part.matches?.("[data-news]") || request.method !== "GET") return;
  const news = untold.get(part.id);
  untold.delete(part.id);
  if (!news && TOPICS.includes(sourceEvent.type)) event.preventDefault(); // another request has shown it
  if (sourceEvent.type === "every" || !news?.ids.size || news.isWhole) return;
  request.headers["X-News"] = [...news.ids].join();
  const rows = [...part.querySelectorAll("[data-list] > [id]")];
  if (rows.length) request.headers["X-Shown"] = rows.map((row) => row.id).join();
  const mark = part.querySelector("[data-mark]");
  if (mark) request.headers["X-Mark"] = mark.dataset.mark;
});
// What got no answer is asked for whole the next time.
for (const name of ["htmx:error", "htmx:response:error"]) {
  document.body.addEventListener(name, (event) => {
    const part = event.detail?.ctx?.sourceElement;
    if (part?.matches?.("[data-news]")) untold.set(part.id, { ids: new Set(), isWhole: true });
  });
}

// A row that a list names without its content stays as it is.
htmx.registerExtension("kept-rows", {
  htmx_before_morph_node: (_, { newNode }) => !newNode.matches?.("[data-kept]"),
});

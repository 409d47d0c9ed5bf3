"use strict";
// Locks a page that nobody uses, and lets its person go on where the work was left.

const locked = document.getElementById("locked");
const HEADERS = "hx-headers:inherited"; // as the page's body has them

if (locked) {
  const idle = Number(locked.dataset.seconds) * 1000;
  const user = locked.querySelector("[name=was]").value;
  const password = locked.querySelector("[name=password]");
  const notices = document.getElementById("answer");
  let until = Date.now() + idle;
  let timer = setTimeout(look, idle + 1000);
  let home = null; // where the notices were

  async function look(method = "GET") {
    const headers = JSON.parse(document.body.getAttribute(HEADERS));
    let answer;
    try {
      answer = await fetch(locked.dataset.state, { method, headers });
    } catch {
      return later(30_000); // no network: nothing new can be read either
    }
    if (!answer.ok && answer.status !== 401) return later(30_000);
    const session = await answer.json();
    if (answer.status === 401) return lock(session.token);
    if (session.username !== user) location.href = locked.dataset.start;
    else unlock(session.seconds * 1000);
  }
  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(look, milliseconds);
  }
  function lock(token) {
    clearTimeout(timer);
    document.body.setAttribute(HEADERS, JSON.stringify({ "X-CSRFToken": token }));
    for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = token;
    if (locked.open) return;
    home = [notices.parentElement, notices.nextSibling];
    locked.querySelector("h2").after(notices); // what lies outside an open dialog can be neither reached nor heard
    locked.showModal();
    password.focus();
  }
  function unlock(left) {
    until = Date.now() + left;
    later(left + 1000);
    if (!locked.open) return;
    password.value = "";
    locked.close();
    home[0].insertBefore(notices, home[1]);
    showNotice(locked.dataset.told);
    document.body.dispatchEvent(new CustomEvent("connected")); // parts look again
  }

  // The server sees what is sent, not what is typed: let it know now and then that somebody is here.
  function use() {
    if (locked.open || until - Date.now() > idle * 0.75) return;
    until = Date.now() + idle;
    look("POST");
  }
  for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, use);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && (locked.open || Date.now() > until)) look();
  });
  locked.addEventListener("cancel", (event) => event.preventDefault());
  document.body.addEventListener("locked", () => { if (!locked.open) look(); });
  document.body.addEventListener("unlocked", () => unlock(idle));
}

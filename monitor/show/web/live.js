// New posts come in by asking every few seconds. Nothing moves under the reader: away from the
// top, or while something is focused in the list, new posts wait behind a button.
"use strict";
(() => {
  const list = document.getElementById("posts");
  const button = document.getElementById("fresh");
  const state = document.getElementById("state");
  if (!list || !button) return;
  const EVERY = 3000, KEPT = 300;
  let seq = Number(list.dataset.seq), waiting = [], failures = 0;

  const calm = () => window.scrollY < 40 && !list.contains(document.activeElement) && !document.hidden;

  function put(article) {
    const id = article.dataset.id;
    for (const old of list.children) {
      if (old.dataset.id === id) { old.replaceWith(article); return; }
    }
    list.prepend(article);
    while (list.children.length > KEPT) list.lastElementChild.remove();
  }

  function show() {
    waiting.forEach(put);
    waiting = [];
    button.hidden = true;
    const nothing = document.getElementById("nothing");
    if (nothing && list.children.length) nothing.remove();
  }

  function take(page) {
    seq = page.seq;
    state.textContent = page.state;
    const made = document.createElement("template");
    made.innerHTML = page.html; // made and escaped by the server
    waiting.push(...made.content.children);
    if (!waiting.length) return;
    if (calm()) { show(); return; }
    button.textContent = waiting.length === 1 ? "1 new post" : waiting.length + " new posts";
    button.hidden = false;
  }

  async function ask() {
    const asked = new URLSearchParams(location.search);
    asked.set("after", String(seq));
    try {
      const answer = await fetch("/live?" + asked, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      take(await answer.json());
      failures = 0;
    } catch {
      failures += 1;
      if (failures === 2) state.textContent = "connection lost, trying again";
    }
    setTimeout(ask, EVERY * Math.min(failures + 1, 10));
  }

  button.addEventListener("click", () => { show(); window.scrollTo({ top: 0 }); });
  setTimeout(ask, EVERY);
})();

// As much of a browser as live.js needs. `browser` is what a test drives: the test puts in the
// elements of the real page, and answers for the server.
"use strict";
const browser = { elements: {}, timers: [] };

class Element {
  constructor(dataset = {}, html = "") {
    Object.assign(this, { dataset, html, children: [], parent: null, hidden: false, textContent: "" });
    this.listeners = {};
  }
  set innerHTML(html) { // only <template> is given any: the articles in it
    this.content = new Element();
    for (const [whole, id] of html.matchAll(/<article class="post" data-id="([^"]*)".*?<\/article>/gs)) {
      this.content.prepend(new Element({ id }, whole));
    }
    this.content.children.reverse();
  }
  get lastElementChild() { return this.children.at(-1); }
  remove() {
    if (this.parent) this.parent.children.splice(this.parent.children.indexOf(this), 1);
    for (const [id, each] of Object.entries(browser.elements)) if (each === this) delete browser.elements[id];
    this.parent = null;
  }
  prepend(child) { child.remove(); child.parent = this; this.children.unshift(child); }
  replaceWith(other) {
    const { parent } = this, at = parent.children.indexOf(this);
    other.remove();
    parent.children.splice(at, 1, other);
    [this.parent, other.parent] = [null, parent];
  }
  contains(other) { return other === this || this.children.some((child) => child.contains(other)); }
  addEventListener(name, heard) { this.listeners[name] = heard; }
}

const document = {
  hidden: false,
  activeElement: null,
  getElementById: (id) => browser.elements[id] ?? null,
  createElement: () => new Element(),
};
const location = { search: "" };
const window = { scrollY: 0, scrollTo: ({ top }) => { window.scrollY = top; } };
globalThis.setTimeout = (work, wait) => { browser.timers.push([work, wait]); };
const fetch = (address, options) => {
  browser.asked = { address, accept: options.headers.Accept };
  return new Promise((answered, failed) => {
    browser.answer = (status, body) => answered({ ok: status === 200, status, json: async () => body });
    browser.fail = () => failed(new TypeError("no connection"));
  });
};
class URLSearchParams { // of what was asked before, and one more
  constructor(search) { this.said = search.replace("?", ""); }
  set(name, value) { this.said += `${this.said && "&"}${name}=${value}`; }
  toString() { return this.said; }
}

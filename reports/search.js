// Search over an index that lies beside this file. The report is complete without it: this script
// only shows the search field and fills a list of links, as text.
"use strict";
(function () {
  const root = document.currentScript.dataset.root || "";
  const box = document.getElementById("search");
  const field = document.getElementById("query");
  const hits = document.getElementById("hits");
  const list = document.getElementById("hits-list");
  const note = document.getElementById("hits-note");
  const SHOWN = 30;
  let index = null;

  function load() {
    if (document.getElementById("search-index")) return;
    const script = document.createElement("script");
    script.id = "search-index";
    script.src = root + "search-index.js";
    script.onload = function () {
      index = window.tickmarkIndex.map(([title, detail, kind, href]) => {
        const low = (title + " " + detail + " " + kind).toLowerCase();
        return { title, detail, kind, href, low };
      });
      show();
    };
    script.onerror = function () {
      note.textContent = "The index could not be read.";
    };
    document.head.append(script);
  }

  function part(name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  }

  function close() {
    hits.hidden = true;
  }

  function show() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return close();
    hits.hidden = false;
    if (!index) {
      note.textContent = "Reading the index";
      return;
    }
    const found = index.filter((entry) => words.every((word) => entry.low.includes(word)));
    const items = found.slice(0, SHOWN).map((entry) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = root + entry.href;
      link.append(part("b", entry.title), part("span", entry.detail), part("span", entry.kind));
      item.append(link);
      return item;
    });
    list.replaceChildren(...items);
    const more = found.length > SHOWN ? ", the first " + SHOWN + " shown" : "";
    note.textContent = (found.length || "Nothing") + " found" + more + ". " + window.tickmarkNote;
  }

  box.hidden = false;
  field.addEventListener("focus", load);
  field.addEventListener("input", show);
  document.addEventListener("keydown", function (event) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "Escape" && box.contains(document.activeElement)) {
      close();
      field.focus();
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      field.focus();
    }
  });
  document.addEventListener("click", function (event) {
    if (!box.contains(event.target)) close();
  });
})();

// Find a profile on the list: æ, ø, å and capitals are folded, so it does not matter how a name is typed. All is there
// without this script.
(() => {
  "use strict";
  const LETTERS = { æ: "ae", ø: "oe", å: "aa" };
  const fold = (text) => text.toLowerCase().normalize("NFC").replace(/[æøå]/g, (letter) => LETTERS[letter])
    .normalize("NFD").replace(/\p{M}/gu, "");
  const [form, field, told] = ["find", "ord", "antal"].map((id) => document.getElementById(id));
  const tiles = new Map([...document.querySelectorAll(".profilkort a")].map((tile) => [tile.getAttribute("href"), tile]));
  const entries = [...document.querySelectorAll(".profiler li")].map((item) => {
    const link = item.querySelector("a");
    return { item, link, name: fold(link.textContent), words: fold(item.textContent), tile: tiles.get(link.getAttribute("href")) };
  });

  function found() {
    const sought = fold(field.value).split(/\s+/).filter(Boolean);
    const hits = entries.filter(({ words }) => sought.every((word) => words.includes(word)));
    return hits.sort((a, b) => b.name.startsWith(sought[0] ?? "") - a.name.startsWith(sought[0] ?? ""));
  }

  function show() {
    const hits = new Set(found());
    for (const entry of entries) {
      entry.item.hidden = !hits.has(entry);
      entry.tile?.classList.toggle("uden", !hits.has(entry));
    }
    told.textContent = hits.size === entries.length ? `${entries.length} profiler` : `${hits.size} af ${entries.length} profiler`;
  }

  field.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    found()[0]?.link.click();
  });
  form.hidden = false;
  show();
})();

// The page of search. Its index is made here, when the page is opened, so the words of the book and those that are typed
// are folded and stemmed by the same lines. What the places in `soegeindeks` are: see civsam/sphinxext/search.py.
const soegning = (() => {
  "use strict";
  const SHOWN = 20; // places at a time
  const EXCERPT = 220; // characters
  const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
  const LETTERS = { æ: "ae", ø: "oe", å: "aa" };
  const FIELDS = { side: 8, overskrift: 4, tekst: 1 }; // with their weights
  const ANSWERS = /^(index|chapters\/(resultater|konklusion|udsagn))\.html/; // what most readers look for, before
  const BEHIND = /^(CHANGELOG|status|chapters\/(kodebog|aendringer|laboratorium|klynge|undervisning\/\w+))\.html/; // what is behind it
  const places = soegeindeks.steder;

  // ---- Words: æ, ø, å and capitals are folded before the stem is taken, so it is the same however a word is typed

  const stemmer = new DanishStemmer();
  const stems = new Map();
  const wordsOf = (text) => text.match(WORD) ?? [];

  function folded(word) {
    const danish = word.toLowerCase().normalize("NFC").replace(/[æøå]/g, (letter) => LETTERS[letter]);
    return danish.normalize("NFD").replace(/\p{M}/gu, "");
  }

  function term(word) {
    if (!stems.has(word)) stems.set(word, stemmer.stemWord(folded(word)));
    return stems.get(word);
  }

  // How much a term of the book is like what is looked for: the same, or a compound with it as first or later part.
  function likeness(found, sought) {
    if (found === sought) return 1;
    if (sought.length < 3 || /\d/.test(sought)) return 0;
    const at = found.indexOf(sought);
    if (at === 0) return 0.6;
    return at > 0 && sought.length > 3 && /[aeiouy]/.test(found.slice(0, at)) ? 0.4 : 0;
  }

  // ---- The index

  const engine = new MiniSearch({
    fields: Object.keys(FIELDS),
    tokenize: wordsOf,
    processTerm: term,
    searchOptions: {
      tokenize: (terms) => terms.split(" "),
      processTerm: (it) => it,
      boost: FIELDS,
      boostDocument: (id) => (ANSWERS.test(places[id].adresse) ? 1.5 : BEHIND.test(places[id].adresse) ? 0.5 : 1),
    },
  });
  engine.addAll(places.map(({ type, overskrift, tekst }, id) => ({ id, tekst, [type === "side" ? "side" : "overskrift"]: overskrift })));
  const written = [...stems.keys()];
  const terms = [...new Set(stems.values())];
  const called = new Map(Object.entries(soegeindeks.kaldt).map(([word, others]) => [folded(word), others.map(term)]));
  const likest = (found, those) => Math.max(...those.map((it, place) => likeness(found, it) * (place ? 0.9 : 1)));
  const passed = new Set(soegeindeks.stopord.map(folded));

  // ---- Finding

  function find(query) {
    const typed = wordsOf(query);
    const telling = typed.filter((word) => !passed.has(folded(word)));
    const words = telling.length ? telling : typed;
    const sought = words.map((word) => [term(word), ...(called.get(folded(word)) ?? [])]);
    const found = sought.map((those) => terms.filter((it) => likest(it, those)));
    const queries = words.map((word, number) => ({
      queries: [found[number].join(" ")],
      combineWith: "OR",
      boostTerm: (it) => likest(it, sought[number]),
    }));
    let hits = engine.search({ queries, combineWith: "AND" });
    const some = !hits.length && words.length > 1;
    if (some) hits = engine.search({ queries, combineWith: "OR" });
    return {
      places: definitionFirst(hits.map((hit) => places[hit.id]), typed),
      terms: new Set(found.flat()),
      some: some && hits.length > 0,
      unknown: words.filter((word, number) => !found[number].length),
    };
  }

  function definitionFirst(found, typed) {
    const same = (name) => wordsOf(name).map(term).join(" ") === typed.map(term).join(" ");
    const defines = (place) => place.type === "begreb" && place.overskrift.split(" (").some(same);
    return [...found.filter(defines), ...found.filter((place) => !defines(place))];
  }

  // Words of the book that are a letter from one that is not in it.
  function nearest(word) {
    const known = new MiniSearch({ fields: ["ord"], tokenize: (it) => [it], processTerm: folded });
    known.addAll([...new Set(written.map((it) => it.toLowerCase()))].map((ord, id) => ({ id, ord })));
    return known.search(word, { fuzzy: 1 }).slice(0, 3).map((hit) => written.find((it) => folded(it) === hit.terms[0]));
  }

  // ---- What is seen

  const [form, field, answer, advice, list, more] = ["soeg", "soegeord", "soegesvar", "forslag", "fund", "flere"].map(
    (id) => document.getElementById(id),
  );

  function element(name, className, ...content) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...content);
    return made;
  }

  // The text with its hits marked.
  function marked(text, hits, from = 0, to = text.length) {
    const parts = [];
    for (const hit of hits.filter((it) => it.index >= from && it.index < to)) {
      parts.push(text.slice(from, hit.index), element("mark", "", hit[0]));
      from = hit.index + hit[0].length;
    }
    return [...parts, text.slice(from, to)];
  }

  const hitsIn = (text, sought) => [...text.matchAll(WORD)].filter((it) => sought.has(term(it[0])));

  // The part of a text that has most hits, cut between words.
  function excerpt(text, sought) {
    const hits = hitsIn(text, sought);
    const near = (hit) => hits.filter((it) => it.index >= hit.index && it.index < hit.index + EXCERPT - 60).length;
    const best = hits.reduce((first, hit) => (first && near(first) >= near(hit) ? first : hit), null);
    const from = best ? text.indexOf(" ", best.index - 60 - 1) + 1 : 0;
    const start = best && best.index > 60 && from <= best.index ? from : 0;
    const end = text.length > start + EXCERPT ? text.lastIndexOf(" ", start + EXCERPT) : text.length;
    return [start ? "… " : "", ...marked(text, hits, start, end), end < text.length ? " …" : ""];
  }

  // Where the numbers of a place come from: no excerpt is shown without it.
  const marksOf = (place) => (place.maerker ?? []).flatMap((kind) => [" ", element("span", `maerke ${kind}`, soegeindeks.maerker[kind])]);

  function shown(place, sought) {
    const link = element("a", "", ...marked(place.overskrift, hitsIn(place.overskrift, sought)));
    link.href = place.adresse;
    return element("li", "", link, element("p", "sti", place.sti), element("p", "uddrag", ...excerpt(place.tekst, sought), ...marksOf(place)));
  }

  function told(query, { places: found, some }) {
    if (!query) return "";
    if (!found.length) return `Ingen fund for »${query}«.`;
    return some ? `Ingen steder har alle ordene. ${found.length} fund for nogle af dem.` : `${found.length} fund for »${query}«.`;
  }

  function advised(query, result) {
    if (!query || (result.places.length && !result.some)) return [];
    const suggested = result.unknown.flatMap((word) => nearest(word).map((near) => query.replace(word, near)))
      .filter((words) => ((result) => result.places.length && !result.some)(find(words))).slice(0, 1);
    if (!suggested.length) return ["Prøv med et andet ord, eller skriv kun en del af det."];
    const link = Object.assign(element("a", "", suggested[0]), { href: `?q=${encodeURIComponent(suggested[0])}` });
    return ["Mente du ", link, "?"];
  }

  function show() {
    const query = field.value.trim();
    const result = find(query);
    answer.textContent = told(query, result);
    advice.replaceChildren(...advised(query, result));
    list.replaceChildren(...result.places.slice(0, SHOWN).map((place) => shown(place, result.terms)));
    more.hidden = result.places.length <= SHOWN;
    more.onclick = () => {
      const first = list.children.length;
      list.append(...result.places.slice(first, first + SHOWN).map((place) => shown(place, result.terms)));
      more.hidden = list.children.length === result.places.length;
      list.children[first].querySelector("a").focus();
    };
  }

  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 200);
  });
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    field.value = asked;
    document.title = `»${asked}« – ${document.title}`;
  }
  show();
  field.focus();
  return { find, term };
})();

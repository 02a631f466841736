// What a reader may do with figures and tables: sort a long table, ask a map, hold a group against all, and follow a
// link into what is folded. Pages are whole without it.
(() => {
  const compare = new Intl.Collator("da", { numeric: true }).compare;

  function make(tag, facts, ...inside) {
    const element = document.createElement(tag);
    Object.entries(facts).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...inside);
    return element;
  }

  function grouped(rows, key) {
    const groups = new Map();
    rows.forEach((row) => groups.set(key(row), [...(groups.get(key(row)) ?? []), row]));
    return groups;
  }

  function value(text) {
    return Number(text.replaceAll(".", "").replace(",", ".").replace("−", "-"));
  }

  // ---- Big folds: what one holds is text in a <noscript> (civsam/book/folds.py), and made into elements when it is opened,
  // led to, printed or looked for. Each script then does to it what it does to a page.

  const waiting = () => document.querySelectorAll("details > noscript");

  function unpack(fold) {
    const kept = fold?.querySelector(":scope > noscript");
    if (!kept) return;
    kept.outerHTML = kept.textContent;
    fold.dispatchEvent(new Event("unpacked", { bubbles: true }));
  }

  function unpackAll() {
    waiting().forEach((kept) => unpack(kept.parentElement));
  }

  function unpackAround(id) {
    const found = [...waiting()].find((kept) => kept.textContent.includes(` id="${id}"`));
    unpack(found?.parentElement);
    return Boolean(found);
  }

  // A fold's table, be it elements or text: rows of the words in its cells.
  function read(fold, end) {
    const kept = fold.querySelector(":scope > noscript");
    const holder = document.createElement("template");
    if (kept) holder.innerHTML = kept.textContent.split(end)[0];
    const table = (kept ? holder.content : fold).querySelector("table");
    return [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent));
  }

  function watchFolds() {
    const paper = matchMedia("print");
    document.addEventListener("click", ({ target }) => unpack(target.closest("summary")?.parentElement)); // before it opens
    document.addEventListener("toggle", ({ target }) => unpack(target), true);
    document.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "F3" || (key?.toLowerCase() === "f" && (ctrlKey || metaKey))) unpackAll(); // to find in the page
    });
    window.addEventListener("beforeprint", unpackAll);
    paper.addEventListener("change", () => paper.matches && unpackAll());
    if (paper.matches) unpackAll();
  }

  // ---- Sorting: the headings of a long table become buttons. What is missing stays last.

  function amount(text) {
    const found = text.match(/^(under )?([−-]?[\d.]+(?:,\d+)?)\s?%?(?:$|\s?[(–]| til )/);
    return found ? value(found[2]) - (found[1] ? 1e-9 : 0) : NaN;
  }

  function order(rows, place, direction) {
    const told = rows.map((row) => [row.cells[place].firstChild?.textContent.trim() ?? "", row]);
    const missing = ([text]) => !text || text.startsWith("–");
    const there = told.filter((one) => !missing(one));
    const counted = there.every(([text]) => !Number.isNaN(amount(text)));
    there.sort(([a], [b]) => direction * (counted ? amount(a) - amount(b) : compare(a, b)));
    return [...there, ...told.filter(missing)].map(([, row]) => row);
  }

  function sortable(table) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        body.append(...order([...body.rows], place, up ? 1 : -1));
      });
    });
    table.classList.add("sorterbar");
  }

  function sortableIn(part) {
    part.querySelectorAll(".tabel:not(.stak) table").forEach((table) => {
      if (table.tBodies[0].rows.length > 10 && !table.closest(".vaelger")) sortable(table);
    });
  }

  // ---- The map: each tile tells its name and group to a pointer, a finger and the arrow keys.

  const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

  function nearest(tiles, from, [right, down]) {
    const far = ([, column, row]) => {
      const ahead = (column - from[1]) * right + (row - from[2]) * down;
      const aside = Math.abs((column - from[1]) * down) + Math.abs((row - from[2]) * right);
      return ahead > 0 ? ahead + 3 * aside : Infinity;
    };
    const distances = tiles.map(far);
    const least = Math.min(...distances);
    return least < Infinity ? distances.indexOf(least) : -1;
  }

  function askable(figure) {
    const { box: [left, top, width, height], tiles } = JSON.parse(figure.querySelector("script").textContent);
    const image = figure.querySelector("img");
    const told = make("p", { class: "aflaesning", id: `${figure.id}-aflaesning` });
    const list = make("select", { id: `${figure.id}-liste` }, new Option("Vælg på listen", ""));
    const names = tiles.map((tile, place) => [place, `${tile[0]}: ${tile[3]}`]).sort((a, b) => compare(a[1], b[1]));
    names.forEach(([place, words]) => list.add(new Option(words, place)));
    const buttons = tiles.map(([name, column, row, group]) => {
      const button = make("button", {
        type: "button", tabindex: -1, "aria-label": `${name}: ${group}`, "aria-describedby": told.id });
      const sides = { left: left + column * width, top: top + row * height, width, height };
      Object.entries(sides).forEach(([side, share]) => { button.style[side] = `${100 * share}%`; });
      return button;
    });
    let picked = -1;

    function show(place) {
      buttons.forEach((button, other) => {
        button.classList.toggle("valgt", other === place);
        button.classList.toggle("lig", place >= 0 && tiles[place][5].includes(other));
      });
      if (place < 0) {
        told.textContent = "Peg på en kommune, tryk på den, eller vælg den på listen.";
        return;
      }
      const [name, , , group, facts, peers] = tiles[place];
      const alike = peers.map((other) => tiles[other][0]).sort(compare);
      told.replaceChildren(make("strong", {}, `${name}: ${group}`), ` · ${facts.join(" · ")}. `, alike.length
        ? `Ligner i størrelse, region og udgiftspres: ${alike.join(", ")}.`
        : "Ingen anden kommune ligner i både størrelse, region og udgiftspres.");
    }

    function pick(place) {
      picked = place;
      buttons.forEach((button, other) => { button.tabIndex = other === Math.max(place, 0) ? 0 : -1; });
      list.value = place < 0 ? "" : place;
      show(place);
    }

    const surface = make("div", {
      class: "kortflade", role: "group", "aria-label": "Kommuner på kortet, skift med piletasterne" });
    image.replaceWith(surface);
    surface.append(image, ...buttons);
    surface.after(make("p", { class: "kortvalg" }, make("label", { for: list.id }, "Find en kommune "), list), told);
    const place = (event) => buttons.indexOf(event.target);
    surface.addEventListener("mouseover", (event) => show(place(event) < 0 ? picked : place(event)));
    surface.addEventListener("mouseleave", () => show(picked));
    surface.addEventListener("focusin", (event) => pick(place(event)));
    surface.addEventListener("click", (event) => pick(place(event)));
    surface.addEventListener("keydown", (event) => {
      const next = STEPS[event.key] ? nearest(tiles, tiles[place(event)], STEPS[event.key]) : -1;
      if (!STEPS[event.key]) return;
      event.preventDefault();
      if (next >= 0) buttons[next].focus();
    });
    list.addEventListener("change", () => pick(list.value === "" ? -1 : Number(list.value)));
    pick(-1);
  }

  // ---- A block for one group beside all. All blocks of a page show the same group, which the address remembers:
  // #vis-<block>--<variable>--<group>

  const LINK = /^#(vis-\w+)--(\w+--\w+)$/;
  const blocks = [];
  const FIRST = 3; // the columns before the groups: answer, question, all

  function parts(text) {
    const found = text.match(/^([\d.,]+)(\s%)?(?: \(([\d.,]+)–([\d.,]+)\))?/);
    return found && {
      at: value(found[1]), share: Boolean(found[2]), low: found[3] ? value(found[3]) : NaN, high: found[4] ? value(found[4]) : NaN };
  }

  function rail(own, all, most) {
    const mark = (kind, from, to) => {
      const made = make("span", { class: kind });
      made.style.left = `${Math.min(100, (100 * from) / most)}%`;
      if (to !== undefined) made.style.width = `${(100 * (to - from)) / most}%`;
      return made;
    };
    const marks = own && !Number.isNaN(own.low) ? [mark("baand", own.low, own.high)] : [];
    return make("span", { class: "spor", "aria-hidden": "true" }, ...marks,
      ...(all ? [mark("alle", all.at)] : []), ...(own ? [mark("prik", own.at)] : []));
  }

  function line(cells, place) {
    const all = cells.slice(FIRST - 1).map(parts).filter(Boolean);
    const most = all[0]?.share ? 100 : Math.max(...all.map((one) => one.high || one.at));
    const [, number, spread] = cells[place].match(/^(.*?)( \(.*)?$/);
    return make("li", {}, make("span", { class: "svar" }, cells[0]), rail(parts(cells[place]), parts(cells[FIRST - 1]), most),
      make("span", { class: "tal" }, make("strong", {}, number), spread ?? "",
        make("span", { class: "mod" }, ` alle ${cells[FIRST - 1].replace(/ \(.*/, "")}`)));
  }

  function named(block, code) {
    return block.heads[FIRST + block.codes.indexOf(code)].replace(/^.*?: /, "");
  }

  function view(block, code) {
    const there = block.codes.includes(code);
    block.list.value = there ? code : "";
    block.shown.replaceChildren();
    if (!there) return;
    block.rows ??= read(block.fold).slice(1);
    const place = FIRST + block.codes.indexOf(code);
    const colour = block.colours[place - FIRST];
    block.shown.style.setProperty("--farve", colour === "-" ? "var(--pst-color-primary)" : colour);
    const key = (kind, words) => [make("span", { class: kind, "aria-hidden": "true" }), words];
    const mark = () => make("span", { class: `maerke ${block.origin}` }, block.mark);
    block.shown.append(make("p", { class: "noegle" },
      ...key("prik", `${named(block, code)} `), ...key("baand", "interval "), ...key("alle", "alle")),
    make("p", { class: "note" }, block.note));
    grouped(block.rows, (cells) => cells[1]).forEach((rows, topic) => {
      const base = rows[rows.length - 1];
      block.shown.append(
        make("p", { class: "emne" }, topic, make("span", { class: "mod" }, ` n = ${base[place]} mod ${base[FIRST - 1]} `), mark()),
        make("ul", {}, ...rows.slice(0, -1).map((cells) => line(cells, place))));
    });
  }

  function choose(block, code) {
    blocks.forEach((other) => view(other, code));
    block.status.textContent = code
      ? `${block.topic}: ${named(block, code)} vises ved siden af alle.` : "Ingen gruppe er valgt.";
    history.replaceState(null, "", `#${block.box.id}${code ? `--${code}` : ""}`);
  }

  function pickable(fold) {
    const [heads] = read(fold, "<tbody>");
    const { blok, emne, koder, farver, valgt, oprindelse, maerke, note } = fold.dataset;
    const list = make("select", { id: `vaelg-${blok}` }, new Option("Vælg en gruppe", ""));
    const block = {
      fold, heads, codes: koder.split(" "), colours: farver.split(" "), topic: emne, list, origin: oprindelse, mark: maerke, note,
      shown: make("div", { class: "blokvisning" }), status: make("p", { class: "kun-hoert", role: "status" }),
      box: make("div", { class: "blokvalg", id: `vis-${blok}` }),
    };
    grouped(block.codes, (code) => block.heads[FIRST + block.codes.indexOf(code)].split(": ")[0]).forEach((codes, label) => {
      list.append(make("optgroup", { label }, ...codes.map((code) => new Option(named(block, code), code))));
    });
    block.box.append(make("p", {}, make("label", { for: list.id }, `${emne}: vis svarene for `), list), block.status, block.shown);
    fold.before(block.box);
    list.addEventListener("change", () => choose(block, list.value));
    blocks.push(block);
    view(block, valgt);
  }

  // ---- Links: to a group in a block, and into what is folded.

  function follow() {
    const place = decodeURIComponent(location.hash);
    const [, box, code] = place.match(LINK) ?? [];
    if (blocks.some((block) => block.codes.includes(code))) blocks.forEach((block) => view(block, code));
    const late = unpackAround(place.slice(1));
    const target = document.getElementById(box ?? place.slice(1));
    const own = target?.querySelector(target.matches("figure") ? ".figurfold" : ":scope > details:not(.vaelger)");
    for (let part = own ?? target?.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    if (late) location.replace(location.hash); // now that it is there, the browser marks it and goes to it
    if (target?.matches("details")) target.querySelector("summary").focus();
    else if (own || target?.matches(".blokvalg")) target.scrollIntoView();
  }

  function start() {
    document.querySelectorAll("figure.kommunekort").forEach(askable);
    document.querySelectorAll("details.vaelger").forEach(pickable);
    sortableIn(document);
    document.addEventListener("unpacked", ({ target }) => sortableIn(target));
    watchFolds();
    window.addEventListener("hashchange", follow);
    follow();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();

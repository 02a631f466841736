// Fills in the table of when and how long on the page »Sådan er bogen bygget« from the record above.
{
  const box = document.getElementById("koersel");
  const moment = (text) => new Date(text).toLocaleString("da-DK", { dateStyle: "short", timeStyle: "short" });
  const seconds = (count) =>
    `${count.toLocaleString("da-DK", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} s`;

  const add = (parent, name, text = "", attributes = {}) => {
    const element = Object.assign(document.createElement(name), { textContent: text });
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return parent.appendChild(element);
  };

  box.textContent = "";
  const frame = add(box, "div", "", { class: "tabel", role: "region", tabindex: "0", "aria-label": "Kørslen" });
  const table = add(frame, "table");
  add(table, "caption", "Hvornår hver del blev kørt, og hvor længe den tog");
  const head = add(add(table, "thead"), "tr");
  ["Del", "Kørt", "Tid"].forEach((heading) => add(head, "th", heading, { scope: "col" }));
  const body = add(table, "tbody");
  for (const [part, when, count] of koersel.dele) {
    const row = add(body, "tr");
    add(row, "th", part, { scope: "row" });
    add(row, "td", moment(when), { class: "ord" });
    add(row, "td", seconds(count));
  }
}

// Colours, drawers, contents that follow, boxes that scroll, code that can be copied. The pages can be read without.
"use strict";

// ---- Light or dark: as the device, until the reader chooses otherwise.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const switcher = document.getElementById("farver");
const device = () => (dark.matches ? "dark" : "light");

function kept(action) {
  try { return action(localStorage); } catch { return null; }  // a browser may refuse to keep anything
}

function paint(theme) {
  root.dataset.theme = theme;
  switcher.setAttribute("aria-pressed", theme === "dark");
}

switcher.addEventListener("click", () => {
  const theme = root.dataset.theme === "dark" ? "light" : "dark";
  kept((store) => (theme === device() ? store.removeItem("farver") : store.setItem("farver", theme)));
  paint(theme);
});
dark.addEventListener("change", () => paint(kept((store) => store.getItem("farver")) ?? device()));
paint(root.dataset.theme);
switcher.hidden = false;

// ---- Drawers close when the focus leaves them, and when a link in them is followed.

for (const drawer of document.querySelectorAll(".skuffe[popover]")) {
  const close = () => drawer.matches(":popover-open") && drawer.hidePopover();
  drawer.addEventListener("focusout", ({ relatedTarget: next }) => {
    if (next && !drawer.contains(next) && next.getAttribute("popovertarget") !== drawer.id) close();
  });
  drawer.addEventListener("click", ({ target }) => target.closest("a") && close());
}

// ---- The contents of the page show where the reader is.

const entries = new Map();
for (const link of document.querySelectorAll("#paa-siden a")) {
  const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (section) entries.set(section.querySelector("h1, h2, h3, h4") ?? section, link);
}
const reading = new IntersectionObserver((seen) => {
  const heading = seen.filter((entry) => entry.isIntersecting).pop()?.target;
  if (!heading) return;
  for (const link of entries.values()) link.removeAttribute("aria-current");
  entries.get(heading).setAttribute("aria-current", "location");
}, { rootMargin: "0px 0px -65% 0px" });
for (const heading of entries.keys()) reading.observe(heading);

// ---- What scrolls sideways in its own box can be reached and scrolled by keyboard; what does not is left alone.

const boxes = new ResizeObserver((changed) => {
  for (const { target: box } of changed) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
});

function watchBoxes(part) {
  for (const box of part.querySelectorAll("pre, .tabel, .pst-scrollable-table-container, div.math")) boxes.observe(box);
  for (const box of part.querySelectorAll(".pst-scrollable-table-container")) {
    box.role = "region";
    box.ariaLabel = box.querySelector(".caption-text")?.textContent ?? "Tabel";
  }
}

// ---- Copying of code

function copyButton(code) {
  const button = document.createElement("button");
  const name = () => { button.textContent = "Kopiér"; };
  Object.assign(button, { type: "button", className: "copybtn" });
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent.trimEnd());
    button.textContent = "Kopieret";
    setTimeout(name, 2000);
  });
  name();
  return button;
}

function addCopying(part) {
  if (!navigator.clipboard) return;
  for (const code of part.querySelectorAll("div.highlight > pre")) code.after(copyButton(code));
}

// ---- All of it, for what is on the page and for what comes later: see figurer.js

function equip(part) {
  watchBoxes(part);
  addCopying(part);
}

equip(document);
document.addEventListener("unpacked", ({ target }) => equip(target));

// What a reader has answered is kept in the browser, and nowhere else, and can be fetched as a sheet to hand in.
"use strict";

const NAVN_I_LAGER = "civsam-svar";
const TOMT = { svar: {}, gaet: {}, kommune: "", navn: "" };  // svar: exercise to {svar, kommune, dom}
let iHukommelsen = null;  // where the browser refuses to keep anything

function gemte() {
  if (iHukommelsen) return structuredClone(iHukommelsen);
  const alt = structuredClone(TOMT);
  let fundet = null;
  try { fundet = JSON.parse(localStorage.getItem(NAVN_I_LAGER)); } catch { /* refused, or not ours */ }
  for (const [navn, tomt] of Object.entries(TOMT)) {
    if (fundet?.[navn] && typeof fundet[navn] === typeof tomt) alt[navn] = fundet[navn];
  }
  for (const [id, et] of Object.entries(alt.svar)) if (typeof et?.svar !== "string") delete alt.svar[id];
  return alt;
}

function gem(alt) {
  try { localStorage.setItem(NAVN_I_LAGER, JSON.stringify(alt)); } catch { iHukommelsen = alt; }
  fortael();
}

const opgaver = [...document.querySelectorAll("form.opgave")], gaet = [...document.querySelectorAll("form.gaet")];
const ark = document.createElement("form");

// ---- Answers, guesses and the municipality

function husk(form) {
  const alt = gemte(), { svar, kommune } = form.elements;
  const navn = kommune?.value ? kommune.selectedOptions[0].textContent : "";
  alt.svar[form.dataset.opgave] = { svar: svar.value, kommune: navn, dom: form.querySelector("output").className };
  if (!svar.value.trim()) delete alt.svar[form.dataset.opgave];
  if (kommune?.value) alt.kommune = kommune.value;
  gem(alt);
}

function vis(form, { svar = "", dom = "" }) {
  const ud = form.querySelector("output");
  ud.setAttribute("aria-live", "off");  // what was said before is not said again when the page opens
  setTimeout(() => ud.removeAttribute("aria-live"), 500);
  if (form.elements.svar instanceof RadioNodeList) {
    for (const valg of form.elements.svar) valg.checked = valg.value === svar;
  } else form.elements.svar.value = svar;
  [ud.className, ud.textContent] = svar && dom ? bedoem(form) : ["", ""];
}

function visAlt() {
  const alt = gemte();
  for (const form of opgaver) {
    if (form.elements.kommune) form.elements.kommune.value = alt.kommune;
    vis(form, alt.svar[form.dataset.opgave] ?? {});
  }
  for (const form of gaet) {
    const valgt = alt.gaet[form.id] ?? "";
    for (const valg of form.elements.gaet) valg.checked = valg.value === valgt;
    form.querySelector("[role=status]").textContent = valgt && `Du gættede: ${valgt}.`;
  }
  ark.elements.navn.value = alt.navn;
  fortael();
}

for (const form of opgaver) {
  form.addEventListener("input", () => husk(form));
  form.addEventListener("submit", () => husk(form));
  form.elements.kommune?.addEventListener("change", ({ target }) => {
    for (const anden of opgaver.filter((en) => en !== form && en.elements.kommune)) {
      anden.elements.kommune.value = target.value;  // one reader has one municipality
      if (!anden.elements.svar.value) continue;
      vis(anden, { svar: anden.elements.svar.value, dom: anden.querySelector("output").className });
      husk(anden);
    }
  });
}

for (const form of gaet) {
  form.addEventListener("change", ({ target }) => {
    const alt = gemte();
    alt.gaet[form.id] = target.value;
    gem(alt);
  });
}

// ---- The sheet: how far one is, a file to hand in, and all of it deleted

function antal(hvor_mange, en, flere) { return `${hvor_mange} ${hvor_mange === 1 ? en : flere}`; }

function fortael() {
  const { svar } = gemte(), besvaret = Object.keys(svar);
  const lektioner = new Set(besvaret.map((id) => id.replace(/-\d+$/, "")));
  const her = opgaver.filter((form) => svar[form.dataset.opgave]?.dom === "ja").length;
  const rigtige = besvaret.filter((id) => svar[id].dom === "ja").length;
  ark.querySelector(".naaet").textContent =
    (opgaver.length ? `På denne side er ${her} af ${antal(opgaver.length, "opgave", "opgaver")} rigtige. ` : "") +
    (besvaret.length ? `Der er gemt svar på ${antal(besvaret.length, "opgave", "opgaver")} i ${
      antal(lektioner.size, "lektion", "lektioner")}; ${rigtige} er tjekket og rigtige.` : "Der er ingen svar gemt endnu.") +
    (iHukommelsen ? " Browseren vil ikke gemme noget, så hent arket, før du lukker siden." : "");
}

function hent() {
  const { svar, gaet: gaettet, navn } = gemte();
  const indhold = { civsam: "svarark", navn,
    svar: Object.entries(svar).map(([opgave, { svar, kommune = "" }]) => ({ opgave, svar, kommune })),
    gaet: Object.entries(gaettet).map(([id, svar]) => ({ lektion: id.replace(/^gaet-/, ""), svar })) };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(indhold, null, 1)], { type: "application/json" }));
  link.download = `${navn.replace(/[\u0000-\u001f<>:"/\\|?*.]+/g, "-").trim() || "svarark"}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  return `${link.download} er hentet med ${antal(indhold.svar.length, "svar", "svar")}.`;
}

function slet() {
  iHukommelsen = null;
  try { localStorage.removeItem(NAVN_I_LAGER); } catch { /* nothing was kept */ }
  visAlt();
  return "Svar, gæt, kommune og navn er slettet i denne browser.";
}

ark.className = "svarark";
ark.method = "dialog";
ark.setAttribute("aria-labelledby", "svarark");
ark.innerHTML = `<h3 id="svarark">Dine svar</h3><p class="naaet"></p>
<label for="svarark-navn">Dit navn, som filen får</label><input id="svarark-navn" name="navn" autocomplete="name" size="24">
<p class="knapper"><button type="submit">Hent svarark</button> <button type="button">Slet alle svar</button></p>
<p role="status"></p><p class="om">Svar, gæt og kommune gemmes i denne browser og sendes ingen steder hen. Svararket er en
fil, som du selv kan aflevere. Deler du maskinen med andre, så slet svarene, når du er færdig.</p>`;
const sagt = (tekst) => { ark.querySelector("[role=status]").textContent = tekst; };
ark.elements.navn.addEventListener("input", ({ target }) => gem({ ...gemte(), navn: target.value }));
ark.addEventListener("submit", (haendelse) => {
  haendelse.preventDefault();
  sagt(hent());
});
ark.querySelector("[type=button]").addEventListener("click", () => {
  if (confirm("Slet svar, gæt, kommune og navn i denne browser?")) sagt(slet());
});

(opgaver.at(-1)?.closest("section section section")?.parentElement ?? document.querySelector("article")).append(ark);
visAlt();

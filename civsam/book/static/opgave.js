// Exercises: feedback on an answer without the answer being on the page, and a guess before the answer is shown.

function aftryk(tekst) {
  let tal = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(tekst)) tal = Math.imul(tal ^ byte, 0x01000193) >>> 0;
  return tal.toString(16).padStart(8, "0");
}

// The numbers that a text may mean: 1.234,5 and 12,5 % as Danes write them, 12.5 too, and 1.251 either way.
// A unit may stand after it: the exercise's, or percent. `readings` in exercises.py reads in the same way.
function laesninger(tekst, enhed) {
  const rent = tekst.replace(/\s/g, "").replace(/[−–]/g, "-").replace(/^\+/, "").toLowerCase();
  const [, tal, hale] = rent.match(/^([-+.,0-9]*)(.*)$/);
  const procent = /^(%|%?-?point|pct\.?|procent|procentpoint|pp\.?)$/.test(hale);
  if (procent ? enhed && !enhed.startsWith("procent") : !enhed.replace(/\s/g, "").startsWith(hale)) return [];
  let maader = [tal, /^-?[1-9]\d{0,2}(\.\d{3})+$/.test(tal) ? tal.replaceAll(".", "") : tal];
  if (tal.includes(",")) maader = [tal.replaceAll(".", "").replace(",", ".")];
  return maader.filter((maade) => /^-?\d+(\.\d+)?$/.test(maade)).map((maade) => maade / (procent && !enhed ? 100 : 1));
}

// The forms in which a number is looked up: with the decimals asked for, and with two more, as those of a share.
function former(tal, decimaler) {
  return [decimaler, decimaler + 2].map((antal) => tal.toFixed(antal).replace(/^-(?=[0.]+$)/, ""));
}

function bedoem(form) {
  const felt = form.elements.svar, kommune = form.elements.kommune;
  if (kommune && !kommune.value) return ["mangler", "Vælg først din kommune."];
  if (!felt.value.trim()) return ["mangler", "Skriv eller vælg et svar."];
  let svar = [felt.value];
  if (!(felt instanceof RadioNodeList)) {
    svar = laesninger(felt.value, form.dataset.enhed).flatMap((tal) => former(tal, Number(form.dataset.decimaler)));
    if (!svar.length) return ["mangler", `»${felt.value}« kan ikke læses som et tal${form.dataset.enhed && ` (${form.dataset.enhed})`}. Skriv for eksempel 12,5.`];
  }
  const kendte = JSON.parse(form.dataset.svar), beskeder = JSON.parse(form.dataset.beskeder);
  const fundne = svar.map((et) => kendte[aftryk(`${form.dataset.opgave}:${kommune ? kommune.value : ""}:${et}`)])
    .filter((nummer) => nummer !== undefined);
  if (fundne.includes(0)) return ["ja", "Rigtigt."];
  return ["nej", beskeder[fundne[0]] || "Ikke rigtigt endnu. Læs opgaven igen, eller åbn vinket."];
}

for (const form of document.querySelectorAll("form.opgave")) {
  form.addEventListener("submit", (haendelse) => {
    haendelse.preventDefault();
    const [dom, besked] = bedoem(form), ud = form.querySelector("output");
    ud.className = dom;
    ud.textContent = besked;
  });
  form.addEventListener("input", () => {  // what was said is about another answer
    const ud = form.querySelector("output");
    ud.className = ud.textContent = "";
  });
}

for (const form of document.querySelectorAll("form.gaet")) {
  form.addEventListener("change", (haendelse) => {
    form.querySelector("[role=status]").textContent = `Du gættede: ${haendelse.target.value}.`;
    form.querySelector("details").open = true;
  });
  form.addEventListener("submit", (haendelse) => haendelse.preventDefault());
}

// Exercises: feedback on an answer without the answer being on the page, and a guess before the answer is shown.

function aftryk(tekst) {
  let tal = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(tekst)) tal = Math.imul(tal ^ byte, 0x01000193) >>> 0;
  return tal.toString(16).padStart(8, "0");
}

// A number as Danes write it: 1.234,5 and 12,5 %, and also 12.5.
function danskTal(tekst) {
  let tal = tekst.replace(/[\s%]/g, "").replace("−", "-");
  if (tal.includes(",")) tal = tal.replaceAll(".", "").replace(",", ".");
  else if (/^-?\d{1,3}(\.\d{3})+$/.test(tal)) tal = tal.replaceAll(".", "");
  return /^-?\d+(\.\d+)?$/.test(tal) ? Number(tal) : NaN;
}

function bedoem(form) {
  const felt = form.elements.svar, kommune = form.elements.kommune;
  if (kommune && !kommune.value) return ["mangler", "Vælg først din kommune."];
  if (!felt.value.trim()) return ["mangler", "Skriv eller vælg et svar."];
  let svar = felt.value;
  if (!(felt instanceof RadioNodeList)) {
    const tal = danskTal(svar);
    if (Number.isNaN(tal)) return ["mangler", `»${svar}« kan ikke læses som et tal. Skriv for eksempel 12,5.`];
    svar = tal.toFixed(form.dataset.decimaler);
  }
  const kendt = JSON.parse(form.dataset.svar)[aftryk(`${form.dataset.opgave}:${kommune ? kommune.value : ""}:${svar}`)];
  if (kendt === "rigtigt") return ["ja", "Rigtigt."];
  return ["nej", kendt || "Ikke rigtigt endnu. Læs opgaven igen, eller åbn hintet."];
}

for (const form of document.querySelectorAll("form.opgave")) {
  form.addEventListener("submit", (haendelse) => {
    haendelse.preventDefault();
    const [dom, besked] = bedoem(form), ud = form.querySelector("output");
    ud.className = dom;
    ud.textContent = besked;
  });
}

for (const form of document.querySelectorAll("form.gaet")) {
  form.addEventListener("change", (haendelse) => {
    form.querySelector("[role=status]").textContent = `Du gættede: ${haendelse.target.value}.`;
    form.querySelector("details").open = true;
  });
  form.addEventListener("submit", (haendelse) => haendelse.preventDefault());
}

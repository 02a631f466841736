// The form's own script: the respondent's key, draft, checks of counts, and the answer file.
"use strict";
(() => {
  const given = JSON.parse(document.getElementById("skema").textContent);
  const byId = (id) => document.getElementById(id);
  const boxOf = (item) => `${given.dontKnow}:${item.id}`;
  const you = given.items.filter((item) => item.type === "baggrund");  // asked only of those without a key
  const counts = given.items.filter((item) => item.type === "antal");
  const ranked = given.items.filter((item) => item.type === "rangordning");
  const dated = given.items.filter((item) => item.type === "dato");
  const boxed = [...counts, ...ranked, ...dated];  // with 'ved ikke' beside the answer
  const danish = (number) => number.toLocaleString("da-DK");
  const warn = (text) => { byId("varsel").textContent = text; };  // above the form
  const tell = (text) => { byId("besked").textContent = text; };  // below it

  // ---- What the browser keeps. Private windows may refuse; then the form works without a draft.

  const place = (key) => `civsam:${given.digest}:${key}`;
  let keeps = true;
  function kept(action) {
    try { return action(localStorage); } catch { keeps = false; return null; }
  }

  // ---- The respondent's key: from the link, else random and this browser's own. The check is that of collecting.py.

  function whole(key) {
    const values = [...key].map((sign) => given.alphabet.indexOf(sign));
    const sum = values.reduce((total, value, at) => total + (at + 1) * value, 0);
    return values.length === given.length && !values.includes(-1) && sum % given.alphabet.length === 0;
  }

  function randomSign() {
    const limit = 256 - (256 % given.alphabet.length);  // above it the first signs would come too often
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    return byte < limit ? given.alphabet[byte % given.alphabet.length] : randomSign();
  }

  function ownKey() {
    const earlier = kept((store) => store.getItem(place("noegle")));
    if (earlier && whole(earlier)) return earlier;
    const body = Array.from({ length: given.length - 1 }, randomSign).join("");
    const key = body + [...given.alphabet].find((sign) => whole(body + sign));
    kept((store) => store.setItem(place("noegle"), key));
    return key;
  }

  const linked = (new URLSearchParams(location.hash.slice(1)).get("n") ?? "").trim().toUpperCase();
  const own = !whole(linked);
  let key = own ? ownKey() : linked;

  function showKey() {
    byId("noegle").textContent = own
      ? `Skemaet er åbnet uden personligt link. Dit svar får en tilfældig nøgle, lavet i din browser: ${key}`
      : `Din nøgle: ${key}`;
  }

  // ---- The form

  Object.assign(Survey.settings.titleTags, { page: "h2", question: "h3" });
  const pages = given.definition.pages.filter((page) => own || page.name !== given.you);
  const survey = new Survey.Model({ ...given.definition, pages });
  survey.applyTheme({ isPanelless: true, cssVariables: {} });

  for (const part of document.querySelectorAll(".uden-noegle")) part.hidden = !own;

  const text = (item) => String(survey.getValue(item.id) ?? "")
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "").trim();
  const order = (item) => survey.getValue(item.id) ?? [];
  const filled = (item) => ranked.includes(item) ? order(item).length > 0 : text(item) !== "";
  const unknown = (item) => (survey.getValue(boxOf(item)) ?? []).length > 0;

  function number(id) {
    if (hidden.has(id)) return null;
    const item = counts.find((count) => count.id === id);
    const [, sign, , decimals = ""] = text(item).match(/^(-?)(\d+)(?:[.,](\d+))?$/) ?? [];
    if (unknown(item) || sign === undefined || decimals.length > item.decimals) return null;
    return Number(text(item).replace(",", "."));
  }

  function allowed(item) {
    const [low, high] = [danish(item.low), danish(item.high)];
    if (!item.decimals) return `Skriv et helt tal fra ${low} til ${high} uden punktum og komma, eller lad feltet stå tomt.`;
    const most = item.decimals > 1 ? `${item.decimals} decimaler` : "1 decimal";
    return `Skriv et tal fra ${low} til ${high} med højst ${most} og uden tusindpunktum, eller lad feltet stå tomt.`;
  }

  function fault(item) {
    if (hidden.has(item.id) || unknown(item) || !filled(item)) return "";
    if (ranked.includes(item)) {
      const few = item.low === item.high ? `netop ${item.low}` : `mindst ${item.low} og højst ${item.high}`;
      const fits = order(item).length >= item.low && order(item).length <= item.high;
      return fits ? "" : `Rangordn ${few} af svarene, eller fjern dem alle.`;
    }
    if (dated.includes(item)) {
      const whole = /^\d{4}-\d\d-\d\d$/.test(text(item)) && text(item) >= item.low && text(item) <= item.high;
      const [low, high] = [item.low, item.high].map((day) => day.split("-").reverse().map(Number).join("."));
      return whole ? "" : `Skriv en dato fra ${low} til ${high}, eller lad feltet stå tomt.`;
    }
    const value = number(item.id);
    if (value === null || value < item.low || value > item.high) return allowed(item);
    const totals = item.totals.map(number);
    const sum = totals.reduce((total, part) => total + part, 0);
    if (!totals.length || totals.includes(null) || value <= sum) return "";
    const names = item.totals.map((id) => `»${counts.find((count) => count.id === id).topic}«`).join(" og ");
    return `Tallet kan højst være ${danish(sum)}, for det er en del af det, du har svaret ved ${names}.`;
  }

  // ---- Who is asked what, as instrument/routing.py has it: true, false, or null where nobody knows yet.
  // An answer to a question that is hidden again is kept in the draft, and is never sent.

  let hidden = new Set();  // not to be asked, as far as is known
  let passedOver = new Set();  // of these, who is certainly not to be asked
  const compared = { "over": (a, b) => a > b, "under": (a, b) => a < b, "mindst": (a, b) => a >= b,
                     "højst": (a, b) => a <= b, "er": (a, b) => a === b };

  function holds(condition) {
    if (condition.parts) {
      const parts = condition.parts.map(holds);
      const decides = condition.word === "eller";
      if (parts.includes(decides)) return decides;
      return parts.includes(null) ? null : !decides;
    }
    const item = given.items.find(({ id }) => id === condition.item);
    const value = hidden.has(item.id) ? "" : answer(item);
    if (!value) return passedOver.has(item.id) ? !condition.holds : null;
    const counted = item.type === "antal" && condition.value !== given.dontKnow;
    const hit = counted
      ? value !== given.dontKnow && compared[condition.test](Number(value), Number(condition.value))
      : value.split(" ").includes(condition.value);
    return hit === condition.holds;
  }

  function route() {
    hidden = new Set();
    passedOver = new Set();
    for (const { id, onlyIf } of given.routed) {
      const verdict = holds(onlyIf);
      if (verdict !== true) hidden.add(id);
      if (verdict === false) passedOver.add(id);
      for (const name of [id, boxOf({ id })]) {
        const question = survey.getQuestionByName(name);
        if (question) question.visible = verdict === true;
      }
    }
  }

  let done = false;  // an order is not whole until all is answered, and is told of then
  survey.onValidateQuestion.add((_, options) => {
    const item = boxed.find(({ id }) => id === options.name);
    if (item && (done || !ranked.includes(item))) options.error = fault(item);
  });

  survey.onValueChanged.add((_, { name, value }) => {
    route();
    for (const item of boxed) {
      if (name === item.id && filled(item)) survey.clearValue(boxOf(item));
      if (name === boxOf(item) && unknown(item)) survey.clearValue(item.id);
      const touched = [item.id, boxOf(item), ...item.totals, ...item.totals.map((id) => boxOf({ id }))].includes(name);
      if (touched && name !== item.id && counts.includes(item) && text(item)) survey.getQuestionByName(item.id).validate(true);
    }
    keepDraft();
  });

  // A radio button cannot be unticked: SurveyJS's own remedy lies over the question's text on a phone.
  function clearButton(question) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "fjern", textContent: "Fjern svaret" });
    button.setAttribute("aria-describedby", question.ariaTitleId);
    button.addEventListener("click", () => { question.clearValue(); question.focus(); });
    return button;
  }

  survey.onAfterRenderQuestion.add((_, { question, htmlElement }) => {
    if (question.getType() === "radiogroup") htmlElement.append(clearButton(question));
    htmlElement.querySelector("select")?.setAttribute("aria-labelledby", question.ariaTitleId);  // SurveyJS forgets it
    const count = counts.find((item) => item.id === question.name);  // a telephone's digits have no minus
    if (count) htmlElement.querySelector("input").inputMode = count.low < 0 ? "text" : count.decimals ? "decimal" : "numeric";
  });

  // ---- Pages: the introduction belongs to the first; a new page's title gets the focus, so that it is read aloud.

  function showIntroduction() { byId("indledning").hidden = survey.currentPageNo > 0; }

  function showProgress() {  // SurveyJS leaves its progress bar without a value
    const bar = document.querySelector("#formular [role=progressbar]");
    if (!bar) return;
    bar.setAttribute("aria-valuenow", Math.round((100 * (survey.currentPageNo + 1)) / survey.visiblePageCount));
    bar.setAttribute("aria-valuetext", survey.progressText);
  }

  survey.onCurrentPageChanged.add(() => {
    showIntroduction();
    warn("");
    tell("");
    keepDraft();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const title = document.querySelector("#formular h2");
      if (!title) return;
      showProgress();
      title.tabIndex = -1;
      title.focus();
      scrollTo(0, 0);
    }));
  });

  // ---- The draft

  function showDraft(saved) {
    byId("slet").hidden = !saved;
    byId("kladde").textContent = !keeps
      ? "Din browser gemmer ingen kladde. Hent dit svar, før du lukker siden."
      : saved ? "Kladden er gemt i denne browser." : "";
  }

  function keepDraft() {
    const draft = JSON.stringify({ data: survey.data, page: survey.currentPageNo });
    kept((store) => store.setItem(place(key), draft));
    showDraft(keeps);
  }

  function restoreDraft() {
    const draft = kept((store) => store.getItem(place(key)));
    if (!draft) return showDraft(false);
    try {
      const { data, page } = JSON.parse(draft);
      survey.data = data;
      route();
      survey.currentPageNo = page;
      warn("Din kladde er hentet frem. Du kan fortsætte, hvor du slap.");
      showDraft(true);
    } catch {
      kept((store) => store.removeItem(place(key)));
      showDraft(false);
    }
  }

  byId("slet").addEventListener("click", () => {
    if (!confirm("Slet alle dine svar i denne browser? En fil, du har hentet, slettes ikke.")) return;
    survey.clear(true, true);
    route();
    kept((store) => { store.removeItem(place(key)); store.removeItem(place("noegle")); });
    if (own) key = ownKey();  // the next person at this computer is somebody else
    showKey();
    showDraft(false);
    showIntroduction();
    warn("Kladden er slettet.");
    scrollTo(0, 0);
  });

  // ---- The answer file

  function answer(item) {
    if (item.type === "antal") return unknown(item) ? given.dontKnow : String(number(item.id) ?? "");
    if (item.type === "dato") return unknown(item) ? given.dontKnow : text(item);
    if (item.type === "rangordning") return unknown(item) ? given.dontKnow : order(item).join(" ");
    const value = survey.getValue(item.id);
    return Array.isArray(value) ? item.codes.filter((code) => value.includes(code)).join(" ") : text(item);
  }

  function save() {
    const asked = given.items.filter((item) => !hidden.has(item.id) && (own || !you.includes(item)));
    const answers = Object.fromEntries(asked.map((item) => [item.id, answer(item)]).filter((pair) => pair[1]));
    const file = { version: given.version, skema: given.digest, noegle: key, egen_noegle: own,
                   tid: new Date().toISOString(), svar: answers };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1) + "\n"], { type: "application/json" }));
    link.download = `svar-${key}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    tell(`Dit svar er gemt som filen ${link.download} i mappen med hentede filer. Send den til den, der har bedt dig om at svare. `
      + "Retter du noget, så hent filen igen: den nyeste gælder. Sidder du ved en fælles computer, så slet kladden nederst på siden.");
  }

  survey.onCompleting.add((_, options) => {
    options.allow = false;  // the form stays, so that answers can be changed and saved again
    const wrong = (own && you.find((item) => !text(item))) || boxed.find(fault);
    if (!wrong) return save();
    done = true;
    survey.focusQuestion(wrong.id);
    survey.getQuestionByName(wrong.id).validate(true);
    done = false;
  });

  window.addEventListener("hashchange", () => location.reload());

  route();
  restoreDraft();
  showKey();
  showIntroduction();
  if (own && linked) warn("Nøglen i linket er ikke hel. Åbn linket igen, og kontrollér, at det hele er med.");
  survey.onAfterRenderSurvey.add(showProgress);
  survey.render(byId("formular"));
})();

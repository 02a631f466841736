// Buttons to copy, share and print: they are hidden until there is a script to do it. Nothing is sent to anybody.
document.addEventListener("DOMContentLoaded", () => {
  const canonical = document.querySelector('link[rel="canonical"]');
  const address = canonical ? canonical.href : location.href.split("#")[0];
  const text = (button) => button.dataset.kopier ? document.getElementById(button.dataset.kopier).innerText : address;

  async function copy(button) {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(text(button));
      button.textContent = "Kopieret";
    } catch {
      button.textContent = "Kunne ikke kopiere";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  }

  const actions = {
    "[data-kopier]": copy,
    "[data-udskriv]": () => print(),
    "[data-del]": () => navigator.share({ title: document.title, url: address }).catch(() => {}),
  };
  for (const [buttons, act] of Object.entries(actions)) {
    if (buttons === "[data-del]" && !navigator.share) continue;
    for (const button of document.querySelectorAll(buttons)) {
      button.hidden = false;
      button.addEventListener("click", () => act(button));
    }
  }
});

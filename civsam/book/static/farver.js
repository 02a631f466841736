// Light or dark, before anything is drawn; civsam.js does the rest.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("farver"); } catch { /* a browser may refuse to keep anything */ }
  document.documentElement.dataset.theme = chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
})();

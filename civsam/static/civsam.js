// Danish for what is written by scripts, where Sphinx has none.
Documentation.addTranslations({
  locale: "da",
  plural_expr: "(n != 1)",
  messages: {
    "Search finished, found ${resultCount} page(s) matching the search query.":
      "Antal sider med det, du søger efter: ${resultCount}.",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
      "Ingen sider indeholder det, du søger efter. Prøv med færre eller andre ord.",
    "Hide Search Matches": "Fjern markering af søgeord",
    ", in ": ", i ",
  },
});

// The copy button's own list of languages has no Danish, so it falls back on English.
if (typeof messages !== "undefined") {
  const english = { ...messages.en };
  Object.assign(messages.en, {
    copy: "Kopiér",
    copy_to_clipboard: "Kopiér til udklipsholderen",
    copy_success: "Kopieret",
    copy_failure: "Kunne ikke kopiere",
  });
  iconCopy = iconCopy.replace(english.copy_to_clipboard, messages.en.copy_to_clipboard);
  iconCheck = iconCheck.replace(english.copy_success, messages.en.copy_success);
}

// A page opened as a file may not read other files, so search shows no excerpts there.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

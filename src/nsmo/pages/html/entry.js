(() => {
  "use strict";
  const links = Array.from(document.querySelectorAll("[data-language]"));
  // A reader who chose a language on some page keeps it; a browser may forbid to remember.
  let chosen = null;
  try { chosen = localStorage.getItem("nsmo-language"); } catch { /* then the browser's language decides */ }
  const wanted = [chosen, ...(navigator.languages ?? [navigator.language])].filter(Boolean);
  const link = wanted.map((code) => links.find((one) => one.dataset.language === code.split("-")[0].toLowerCase()))
    .find(Boolean) ?? links[0];
  location.replace(link.href + location.hash);
})();

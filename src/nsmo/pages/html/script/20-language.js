(() => {
  "use strict";
  // Another language at the same place, and kept for the page that chooses one.
  document.querySelectorAll(".languages a[data-language]").forEach((link) => {
    const plain = link.getAttribute("href");
    link.addEventListener("click", () => {
      link.setAttribute("href", plain + location.hash);
      try { localStorage.setItem("nsmo-language", link.dataset.language); } catch { /* not remembered */ }
    });
  });
})();

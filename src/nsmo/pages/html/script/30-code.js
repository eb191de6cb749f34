/* On pages with: data-show-code */
(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("_words").textContent);

  // The code of a page: at its place when asked for (#code in the address), in the appendix else.
  const control = document.querySelector("[data-show-code]");
  const appendix = document.getElementById("code");
  if (control && !appendix) control.parentElement.hidden = true;
  if (control && appendix) {
    const places = Array.from(document.querySelectorAll(".nb-place"))
      .map((place) => [place, document.getElementById(place.dataset.code)]);
    control.setAttribute("role", "button");
    const show = (open) => {
      places.forEach(([place, block]) => {
        (open ? place : appendix).append(block);
        block.open = open;
      });
      control.setAttribute("aria-pressed", String(open));
      control.textContent = open ? words.hide_code : words.show_code;
    };
    control.addEventListener("click", (event) => {
      event.preventDefault();
      const open = control.getAttribute("aria-pressed") !== "true";
      show(open);
      history.replaceState(null, "", open ? "#code" : location.pathname + location.search);
    });
    control.addEventListener("keydown", (event) => {
      if (event.key === " ") { event.preventDefault(); control.click(); }
    });
    // With a script the address switches the code on; without one it leads to the appendix.
    appendix.removeAttribute("id");
    show(location.hash === "#code");
  }
})();

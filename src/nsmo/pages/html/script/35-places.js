(() => {
  "use strict";
  // What an address leads to is open, if it was folded away.
  const reveal = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* half a letter: it stands for no place */ }
    const aim = document.getElementById(name);
    const folded = aim?.closest("details:not([open])");
    for (let fold = aim?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (folded) aim.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash.length > 1 && location.hash !== "#code") reveal();

  // A menu that is longer than the window shows the page on which the reader is.
  const menu = document.querySelector(".pages");
  const here = menu?.querySelector("ul ul [aria-current]");
  if (here && here.offsetTop > menu.clientHeight - 80) menu.scrollTop = here.offsetTop - menu.clientHeight / 2;

  // A table is a region to be scrolled, and a stop for the keyboard, only where it is larger than its place.
  const boxes = document.querySelectorAll("[role=region][tabindex]");
  const labels = new Map(Array.from(boxes, (box) => [box, box.getAttribute("aria-label")]));
  const fit = () => boxes.forEach((box) => {
    // Cross-tables are as high as the window, and scroll down too.
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", labels.get(box));
    } else {
      ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
    }
  });
  if ("ResizeObserver" in window) {
    const watched = new ResizeObserver(fit);
    boxes.forEach((box) => watched.observe(box));
  }
  fit();
})();

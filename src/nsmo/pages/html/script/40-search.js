/* On pages with: data-search */
(() => {
  "use strict";
  // Search in an index that stands in the page. What was looked for is kept in the address.
  const place = document.querySelector("[data-search]");
  if (!place) return;
  const index = JSON.parse(place.dataset.search);
  const box = place.querySelector("input");
  const count = place.querySelector("output");
  const list = document.getElementById("search-results");
  const MOST = 60;
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const entries = index.entries.map(([kind, head, text, href]) => ({
    kind, head, text, href, plainHead: plain(head), plainAll: plain(`${head} ${text}`),
  }));
  place.hidden = false;

  const search = () => {
    const words = plain(box.value).split(/\s+/).filter(Boolean);
    list.replaceChildren();
    count.textContent = "";
    if (!words.length) return;
    const found = entries
      .filter((one) => words.every((word) => one.plainAll.includes(word)))
      .map((one) => [words.every((word) => one.plainHead.includes(word)) ? 0 : 1, one])
      .sort((a, b) => a[0] - b[0])
      .map(([, one]) => one);
    const shown = found.slice(0, MOST);
    const text = found.length === 0 ? index.none : found.length === 1 ? index.one
      : shown.length < found.length ? index.more : index.found;
    count.textContent = text.replace("{n}", found.length).replace("{shown}", shown.length);
    Object.entries(index.kinds).forEach(([kind, name]) => {
      const own = shown.filter((one) => one.kind === kind);
      if (!own.length) return;
      const head = document.createElement("h2");
      head.textContent = name;
      const items = document.createElement("ul");
      own.forEach((one) => {
        const link = document.createElement("a");
        link.href = one.href;
        link.textContent = one.head;
        const below = document.createElement("span");
        below.className = "text";
        below.textContent = one.text;
        const item = document.createElement("li");
        item.append(link, " ", below);
        items.append(item);
      });
      list.append(head, items);
    });
  };
  const keep = () => {
    const wanted = box.value.trim();
    history.replaceState(null, "", wanted ? `#q=${encodeURIComponent(wanted)}` : location.pathname.split("/").pop());
  };
  const taken = () => {
    const wanted = /^#q=(.*)$/.exec(location.hash);
    if (wanted) { box.value = decodeURIComponent(wanted[1]); search(); }
  };
  box.addEventListener("input", () => { search(); keep(); });
  // From the box down to the results and back with the arrows.
  place.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [box, ...list.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    if (at >= 0 && at < stops.length) { stops[at].focus(); event.preventDefault(); }
  });
  window.addEventListener("hashchange", taken);
  taken();
})();

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
  // Words, each wherever it stands; what is in double quotes is looked for as it is.
  const wanted = (text) => Array.from(text.matchAll(/["“”„]([^"“”„]*)["“”„]?|[^\s"“”„]+/g), (one) =>
    (one[1] ?? one[0].replace(/^['‘’]+|['‘’]+$/g, "")).trim()).filter(Boolean);

  const search = () => {
    const words = wanted(plain(box.value));
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
    const text = box.value.trim();
    history.replaceState(null, "", text ? `#q=${encodeURIComponent(text)}` : location.pathname.split("/").pop());
  };
  const taken = () => {
    const kept = /^#q=(.*)$/.exec(location.hash);
    if (!kept) return;
    // An address that was cut off on its way holds half a letter.
    try { box.value = decodeURIComponent(kept[1]); } catch { box.value = kept[1].replace(/%.*$/, ""); }
    search();
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

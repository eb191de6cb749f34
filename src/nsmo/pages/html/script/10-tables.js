/* On pages with: data-sortable */
(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("_words").textContent);

  // Tables that can be sorted by their heads; tables of one name are sorted together, values of one unit too.
  const sets = new Map();
  document.querySelectorAll("table[data-sortable]").forEach((table) => {
    sets.set(table.dataset.sortable, [...(sets.get(table.dataset.sortable) ?? []), table]);
  });
  const value = (row, at) => {
    const cell = row.cells[at];
    const raw = cell.dataset.value ?? cell.textContent.trim();
    const number = Number(raw);
    return raw === "" ? null : Number.isNaN(number) ? raw.toLocaleLowerCase() : number;
  };
  const order = (at, turn) => (a, b) => {
    const x = value(a, at), y = value(b, at);
    if (x === null || y === null) return (x === null) - (y === null);
    const unit = (row) => row.cells[at].dataset.unit ?? "";
    if (unit(a) !== unit(b)) return unit(a).localeCompare(unit(b));
    if (typeof x === "number" && typeof y === "number") return turn * (x - y);
    return turn * String(x).localeCompare(String(y), document.documentElement.lang);
  };
  sets.forEach((tables) => tables.forEach((table) => {
    Array.from(table.tHead.rows[0].cells).forEach((head, at) => {
      if ("unsorted" in head.dataset) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        tables.forEach((one) => {
          one.querySelectorAll("th[aria-sort]").forEach((th) => th.removeAttribute("aria-sort"));
          one.tHead.rows[0].cells[at].setAttribute("aria-sort", up ? "ascending" : "descending");
          Array.from(one.tBodies[0].rows).sort(order(at, up ? 1 : -1)).forEach((row) => one.tBodies[0].append(row));
        });
      });
    });
  }));

  // All tables of one set of tools are narrowed together, by words and by verdict; what is folded away opens.
  document.querySelectorAll(".tools").forEach((tools) => {
    const tables = sets.get(tools.id) ?? [];
    const rows = tables.flatMap((table) => Array.from(table.tBodies[0].rows));
    const folded = tables.map((table) => table.closest("details")).filter(Boolean);
    tools.hidden = false;
    const text = tools.querySelector("input");
    const choices = Array.from(tools.querySelectorAll("select"));
    const count = tools.querySelector("output");
    const said = () => {
      const shown = rows.filter((row) => !row.hidden && (row.closest("details")?.open ?? true)).length;
      count.textContent = words.shown.replace("{shown}", shown).replace("{all}", rows.length);
    };
    const narrow = () => {
      const wanted = text.value.trim().toLocaleLowerCase();
      rows.forEach((row) => {
        row.hidden = !(row.textContent.toLocaleLowerCase().includes(wanted)
          && choices.every((c) => c.value === "" || row.dataset[c.name] === c.value));
      });
    };
    [text, ...choices].forEach((control) => control.addEventListener("input", () => {
      narrow();
      const narrowed = [text, ...choices].some((c) => c.value !== "");
      folded.forEach((details) => { details.open = narrowed; });
      said();
    }));
    folded.forEach((details) => details.addEventListener("toggle", said));
    said();
  });
})();

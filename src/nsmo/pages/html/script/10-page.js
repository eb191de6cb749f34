(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("words").textContent);

  // Tables that can be sorted by their heads.
  document.querySelectorAll("table[data-sortable]").forEach((table) => {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const value = (row, at) => {
      const cell = row.cells[at];
      const raw = cell.dataset.value ?? cell.textContent.trim();
      const number = Number(raw);
      return raw === "" ? null : Number.isNaN(number) ? raw.toLocaleLowerCase() : number;
    };
    Array.from(table.tHead.rows[0].cells).forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        table.querySelectorAll("th[aria-sort]").forEach((th) => th.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const turn = up ? 1 : -1;
        rows.slice().sort((a, b) => {
          const x = value(a, at), y = value(b, at);
          if (x === null || y === null) return (x === null) - (y === null);
          if (typeof x === "number" && typeof y === "number") return turn * (x - y);
          return turn * String(x).localeCompare(String(y), document.documentElement.lang);
        }).forEach((row) => body.append(row));
      });
    });
  });

  // All tables of one set of tools are narrowed together, by words and by verdict; what is folded away opens.
  document.querySelectorAll(".tools").forEach((tools) => {
    const tables = Array.from(document.querySelectorAll(`table[data-sortable="${tools.id}"]`));
    const rows = tables.flatMap((table) => Array.from(table.tBodies[0].rows));
    const folded = tables.map((table) => table.closest("details")).filter(Boolean);
    tools.hidden = false;
    const text = tools.querySelector("input");
    const choices = Array.from(tools.querySelectorAll("select"));
    const count = tools.querySelector("output");
    const narrow = () => {
      const wanted = text.value.trim().toLocaleLowerCase();
      let shown = 0;
      rows.forEach((row) => {
        const fits = row.textContent.toLocaleLowerCase().includes(wanted)
          && choices.every((c) => c.value === "" || row.dataset[c.name] === c.value);
        row.hidden = !fits;
        shown += fits;
      });
      count.textContent = words.shown.replace("{shown}", shown).replace("{all}", rows.length);
    };
    [text, ...choices].forEach((control) => control.addEventListener("input", () => {
      narrow();
      const narrowed = [text, ...choices].some((c) => c.value !== "");
      folded.forEach((details) => { details.open = narrowed; });
    }));
    narrow();
  });
})();

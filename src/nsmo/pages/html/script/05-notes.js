(() => {
  "use strict";
  // Notes of a reviewer: off until asked for, kept in the page that the reviewer saves or in a file. The page is
  // remembered as it came, since the scripts after this one change it.
  const page = document.documentElement.cloneNode(true);
  const words = JSON.parse(document.getElementById("_words").textContent);
  const text = document.getElementById("text");
  const foot = document.querySelector(".colophon > div");
  if (!text || !foot || !words.note_switch) return;

  const PLACES = "h2, h3, h4, p, li, dt, figure, table";
  const places = Array.from(text.querySelectorAll(PLACES)).filter((one) => {
    const around = one.parentElement.closest("figure, table, li");
    return !around || !text.contains(around);
  });
  const kept = document.getElementById("notes");
  let notes = kept ? JSON.parse(kept.textContent) : [];
  let unsaved = false;

  const made = (name, given = {}, ...inside) => {
    const element = document.createElement(name);
    Object.entries(given).forEach(([key, one]) => element.setAttribute(key, one));
    element.append(...inside);
    return element;
  };
  const button = (said, act, given = {}) => {
    const element = made("button", { type: "button", ...given }, said);
    element.addEventListener("click", act);
    return element;
  };
  const quote = (place) => {
    const copy = (place.querySelector("figcaption, caption") ?? place).cloneNode(true);
    copy.querySelectorAll(".note-ui, .anchor, [aria-hidden]").forEach((one) => one.remove());
    const said = copy.textContent.replace(/\s+/g, " ").trim();
    return said.length > 80 ? `${said.slice(0, 79)}…` : said;
  };
  const near = (place) => {
    const before = Array.from(text.querySelectorAll("[id]")).filter((one) =>
      one === place || one.contains(place) || one.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING);
    return before.length ? before[before.length - 1].id : "text";
  };
  // Within a list or a text it stands inside; beside a figure or a table after it.
  const put = (place, element) => (place.matches("figure, table") ? place.after(element) : place.append(element));

  const panel = made("section", { class: "note-ui notes", "aria-label": words.note_title });
  const list = made("ol");
  const count = made("p", { "aria-live": "polite" });
  const download = (name, kind, content) => {
    const link = made("a", { download: name, href: URL.createObjectURL(new Blob([content], { type: kind })) });
    link.click();
    URL.revokeObjectURL(link.href);
    unsaved = false;
  };
  const file = () => (location.pathname.split("/").pop() || "index.html").replace(/(\.notes)?\.html$/, "");
  const save = () => {
    page.querySelector("#notes")?.remove();
    const held = made("script", { type: "application/json", id: "notes" });
    held.textContent = JSON.stringify(notes).replace(/</g, "\\u003c");
    page.querySelector("#_words").before(held);
    download(`${file()}.notes.html`, "text/html", `<!doctype html>\n${page.outerHTML}\n`);
  };
  const exported = () => {
    const lines = notes.map((one) => `- ${file()}.html#${one.near}\n  > ${one.quote}\n\n  ${one.note.replace(/\n/g, "\n  ")}\n`);
    download(`${file()}.notes.md`, "text/markdown", `# ${document.title}\n\n${lines.join("\n")}`);
  };

  const show = () => {
    document.querySelectorAll(".note-ui.note").forEach((one) => one.remove());
    list.replaceChildren();
    notes.forEach((one, i) => {
      const place = places[one.at];
      if (!place) return;
      const id = `note-${i + 1}`;
      put(place, made("span", { class: "note-ui note", id, role: "note" }, one.note, " ",
        button(words.note_drop, () => { notes = notes.filter((other) => other !== one); unsaved = true; show(); switched.focus(); })));
      list.append(made("li", {}, made("a", { href: `#${id}` }, one.quote), `: ${one.note}`));
    });
    count.textContent = notes.length ? words.note_count.replace("{n}", notes.length) : words.note_none;
    actions.hidden = notes.length === 0;
  };
  const write = (at, mark) => {
    document.querySelectorAll(".note-ui.note-form").forEach((one) => one.remove());
    const field = made("textarea", { rows: "3" });
    const form = made("span", { class: "note-ui note-form" }, made("label", {}, words.note_here.replace("{what}", quote(places[at])), field));
    const close = () => { form.remove(); mark.focus(); };
    form.append(
      button(words.note_keep, () => {
        if (field.value.trim()) {
          notes.push({ at, near: near(places[at]), quote: quote(places[at]), note: field.value.trim() });
          notes.sort((a, b) => a.at - b.at);
          unsaved = true;
          show();
        }
        close();
      }), " ", button(words.note_cancel, close));
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    put(places[at], form);
    field.focus();
  };

  const actions = made("p", {}, button(words.note_save, save), " ", button(words.note_export, exported));
  panel.append(count, list, actions, made("p", {}, words.note_about));
  const turn = (on) => {
    switched.setAttribute("aria-pressed", String(on));
    document.querySelectorAll(".note-ui").forEach((one) => one.remove());
    if (!on) return;
    places.forEach((place, at) => {
      const mark = button("✎", () => write(at, mark), {
        class: "note-ui note-mark", "aria-label": words.note_here.replace("{what}", quote(place)), title: words.note_add,
      });
      put(place, mark);
    });
    switched.after(panel);
    show();
  };
  const switched = button(words.note_switch, () => turn(switched.getAttribute("aria-pressed") !== "true"), {
    class: "note-switch", "aria-pressed": "false",
  });
  foot.prepend(switched);
  if (notes.length) turn(true);
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
})();

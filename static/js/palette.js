// Find anything: / or Ctrl-K opens it; arrows move, Enter opens, Ctrl-Enter opens in a new tab.
(() => {
  "use strict";
  const palette = document.getElementById("palette");
  if (!palette || !window.htmx) return;
  const input = palette.querySelector("input[name=q]");
  const hits = document.getElementById("hits");
  const options = () => [...hits.querySelectorAll('[role="option"]')];
  const current = () => hits.querySelector('[role="option"][aria-selected="true"]');

  const select = (option) => {
    current()?.setAttribute("aria-selected", "false");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  };

  const open = () => {
    if (palette.open || document.querySelector("dialog[open]")) return;
    palette.showModal();
    input.focus();
    input.select();
    htmx.trigger(input, "palette:open");
  };

  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    const k = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);
    if (!k && !slash) return;
    if (k && palette.open) { event.preventDefault(); palette.close(); return; }
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    open();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-palette-open]");
    if (link && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open();
    }
    if (event.target === palette) palette.close();
    if (event.target.closest('#hits [data-dialog], #hits a[href*="#"]')) palette.close();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== hits) return;
    options().forEach((option, place) => { option.id ||= `hit-${place}`; option.tabIndex = -1; });
    select(options()[0]);
  });

  input.addEventListener("keydown", (event) => {
    const all = options();
    const place = all.indexOf(current());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (all.length) select(all[(place + step + all.length) % all.length]);
    } else if (event.key === "Enter" && current()) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(current().href, "_blank", "noopener");
      else current().click();
    }
  });
})();

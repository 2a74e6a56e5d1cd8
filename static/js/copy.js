// A button with data-copy copies its value, and says so for a moment.
(() => {
  "use strict";
  const write = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };

  const say = (button, label, icon) => {
    const use = button.querySelector("use");
    const before = { label: button.getAttribute("aria-label"), href: use?.getAttribute("href") };
    button.dataset.done = label;
    button.setAttribute("aria-label", label);
    use?.setAttribute("href", before.href.replace(/#.*/, `#${icon}`));
    setTimeout(() => {
      delete button.dataset.done;
      if (before.label === null) button.removeAttribute("aria-label");
      else button.setAttribute("aria-label", before.label);
      use?.setAttribute("href", before.href);
    }, 1600);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || "done" in button.dataset) return;
    event.preventDefault();
    const focused = document.activeElement;
    write(button.dataset.copy).then(
      () => { say(button, "Copied", "check"); focused?.focus(); },
      () => say(button, "Could not be copied: the browser does not allow it", "x"),
    );
  });
})();

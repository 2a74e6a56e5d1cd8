// Menus are <details>: they open without this. Here they close: a press elsewhere, Esc, or focus that leaves.
(() => {
  "use strict";
  const open = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("click", (event) => {
    for (const menu of open()) {
      if (!menu.contains(event.target)) menu.open = false;
      else if (event.target.closest(".menu-list a, .menu-list button[type=button]:not([data-keep])")) menu.open = false;
    }
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const within = event.target.closest?.("details[data-menu][open]");
    if (event.key === "Escape") {
      for (const menu of open()) {
        menu.open = false;
        if (menu.contains(event.target)) menu.querySelector("summary").focus();
        event.stopImmediatePropagation();
      }
      if (location.hash === "#menu") location.hash = "main";
    }
    if (within && ["ArrowDown", "ArrowUp"].includes(event.key) && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      const stops = [...within.querySelectorAll("summary, .menu-list :is(a, button, input)")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      stops[(stops.indexOf(event.target) + step + stops.length) % stops.length].focus();
    }
  });
})();

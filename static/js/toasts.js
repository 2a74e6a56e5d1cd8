// A toast stays 8 seconds, waits while it is hovered or focused, and one that tells of an error stays.
(() => {
  "use strict";
  const stay = 8000;
  const stack = document.getElementById("toasts");
  if (!stack) return;

  const start = (toast) => {
    if (toast.dataset.started) return;
    toast.dataset.started = "";
    let timer = 0;
    const leave = () => toast.remove();
    const wait = () => clearTimeout(timer);
    const run = () => {
      wait();
      if (!toast.matches(":hover, :focus-within") && !["bad", "wait"].includes(toast.dataset.tone)) timer = setTimeout(leave, stay);
    };
    for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, wait);
    for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, () => setTimeout(run));
    toast.addEventListener("click", (event) => {
      if (event.target.closest("[data-toast-close]")) leave();
    });
    run();
  };
  const startAll = () => stack.querySelectorAll("[data-toast]").forEach(start);
  new MutationObserver(startAll).observe(stack, { childList: true });
  startAll();
})();

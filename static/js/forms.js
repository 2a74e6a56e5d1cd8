// What forms need beyond HTML: one press is one request, a button that fills a field, Ctrl-Enter to send.
(() => {
  "use strict";
  const busy = (form, on) => {
    if (on) form.dataset.sending = "";
    else delete form.dataset.sending;
    for (const button of form.querySelectorAll('button[type="submit"], button:not([type])')) {
      button.disabled = on;
      if (on) button.setAttribute("aria-busy", "true");
      else button.removeAttribute("aria-busy");
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-once]");
    if (!form || event.defaultPrevented) return;
    if ("sending" in form.dataset) event.preventDefault();
    else setTimeout(() => busy(form, true));
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sending]").forEach((form) => busy(form, false));
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("form[data-once]")) return;
    if ("sending" in form.dataset) event.preventDefault();
    else busy(form, true);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.matches("form[data-once]")) busy(event.detail.elt, false);
  });

  document.addEventListener("click", (event) => {
    const filler = event.target.closest("[data-fill]");
    if (filler) {
      const field = document.getElementById(filler.dataset.fill);
      field.value = filler.dataset.with;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    }
    if (event.target.closest('[aria-disabled="true"]')) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
  });

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("form[data-once]");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-primary]") ?? undefined);
    }
  });

  const indeterminate = () => document.querySelectorAll("[data-indeterminate]").forEach((box) => { box.indeterminate = true; });
  indeterminate();
})();

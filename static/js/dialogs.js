// A link with data-dialog opens its page as a dialog. The answer to the form inside is the next content of the
// dialog: the form again with what is wrong, or nothing, and then it closes.
(() => {
  "use strict";
  const dialog = document.getElementById("dialog");
  if (!dialog || !window.htmx) return;
  let opener = null;
  let typed = false;

  const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const close = () => dialog.open && dialog.close();
  // What would happen is not asked any more once it has happened, or nobody looks.
  const hush = () => { for (const pane of dialog.querySelectorAll("#effects")) htmx.trigger(pane, "htmx:abort"); };

  const focusFirst = () => {
    const first =
      dialog.querySelector('[aria-invalid="true"]') ??
      dialog.querySelector("[autofocus]") ??
      dialog.querySelector(".decide :is(input:not([type=hidden]), select, textarea)") ??
      dialog.querySelector("[data-primary]") ??
      dialog.querySelector("button, a[href]");
    first?.focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (link && plain(event)) {
      event.preventDefault();
      if (link.getAttribute("aria-busy") === "true") return;
      if (!dialog.contains(link)) opener = link;
      link.setAttribute("aria-busy", "true");
      const done = () => link.removeAttribute("aria-busy");
      htmx.ajax("GET", link.href, { target: "#dialog", swap: "innerHTML", source: link }).then(done, done);
      return;
    }
    if (event.target.closest("[data-dialog-close]") && dialog.contains(event.target)) {
      event.preventDefault();
      close();
    } else if (event.target === dialog && !typed) {
      close();
    }
  });

  dialog.addEventListener("input", () => { typed = true; });
  dialog.addEventListener("close", () => {
    hush();
    dialog.replaceChildren();
    typed = false;
    const back = opener?.closest(".menu-list") ? opener.closest(".menu").querySelector("summary") : opener;
    if (back?.isConnected) back.focus();
    opener = null;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === dialog) hush();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog) return;
    if (!dialog.querySelector("form, header, section, p")) {
      close();
      dialog.replaceChildren();
      return;
    }
    const again = event.detail.xhr.status === 422;
    if (!dialog.open) {
      document.querySelector("dialog[open]")?.close();
      dialog.showModal();
      typed = false;
    }
    if (again || !dialog.contains(document.activeElement) || document.activeElement === dialog) focusFirst();
    else if (!typed) focusFirst();
  });

  for (const each of document.querySelectorAll("dialog[data-modal]")) each.showModal();
  document.querySelector('.dialog-page [aria-invalid="true"]')?.focus();
})();

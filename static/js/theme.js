// The theme button: as the system, light, dark. The server keeps the choice and writes it into the next page.
(() => {
  "use strict";
  const order = ["", "light", "dark"];
  const icons = { "": "sun-moon", light: "sun", dark: "moon" };

  const show = (form, theme) => {
    if (theme) document.documentElement.dataset.bsTheme = theme;
    else delete document.documentElement.dataset.bsTheme;
    document.querySelector('meta[name="color-scheme"]').content = theme || "light dark";
    form.elements.theme.value = order[(order.indexOf(theme) + 1) % order.length];
    const button = form.querySelector("button");
    const label = `Theme: ${theme || "follows the system"}`;
    button.setAttribute("aria-label", label);
    button.title = label;
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icons[theme]}`));
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-form]");
    if (!form) return;
    event.preventDefault();
    const theme = form.elements.theme.value;
    const body = new FormData(form);
    show(form, theme);
    fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } }).catch(() => {
      form.querySelector("button").title = "The choice could not be kept: the desk cannot be reached";
    });
  });
})();

// What an action changed, the page behind its dialog shows at once: the main part is fetched and put in place.
(() => {
  "use strict";
  if (!window.htmx) return;
  document.addEventListener("desk:changed", () => {
    if (document.getElementById("list-part")) return;
    htmx.ajax("GET", location.href, { target: "#main", select: "#main", swap: "outerHTML show:none", headers: { "HX-Boosted": "true" } });
  });
})();

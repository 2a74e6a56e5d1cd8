// Every htmx request carries the form token; an answer that is signed out, refused or broken is told in place.
(() => {
  "use strict";
  const meta = (name) => document.querySelector(`meta[name="${name}"]`);
  const signIn = meta("sign-in")?.content ?? "";
  let stale = false;

  const place = (element) =>
    document.querySelector("dialog[open] [data-troubles]") ??
    element?.closest("form")?.querySelector("[data-troubles]") ??
    document.querySelector("#main > .page") ??
    document.getElementById("main");

  const tell = (element, template, fill = () => {}) => {
    for (const old of document.querySelectorAll("[data-trouble]")) old.remove();
    const notice = document.getElementById(template).content.firstElementChild.cloneNode(true);
    fill(notice);
    place(element).prepend(notice);
  };

  const trouble = (element, sentence, detail, code = "") =>
    tell(element, "trouble", (notice) => {
      notice.querySelector("[data-sentence]").textContent = sentence;
      notice.querySelector("[data-detail]").textContent = detail;
      notice.querySelector("[data-code]").textContent = code;
      notice.querySelector("[data-code-line]").hidden = !code;
    });

  // A part that did not come says so in its own place, and the rest of the page stays right.
  const broken = (part, path, code) => {
    const panel = document.getElementById("broken-part").content.firstElementChild.cloneNode(true);
    panel.querySelector("[data-code]").textContent = code ?? "";
    panel.querySelector("[data-code-line]").hidden = !code;
    panel.querySelector("[data-again]").addEventListener("click", () => htmx.ajax("GET", path, { target: part, swap: "innerHTML", source: part }));
    part.replaceChildren(panel);
  };

  const signedOut = (xhr) =>
    xhr.status === 401 ||
    (signIn && xhr.responseURL && new URL(xhr.responseURL).pathname === signIn && location.pathname !== signIn);

  const outdated = (xhr) => xhr.status === 403 && xhr.responseText.includes("data-stale-token");

  const words = (xhr) => {
    if (outdated(xhr))
      return ["This page is older than your sign-in", "Send again: nothing you typed is lost."];
    if (xhr.status === 403) return ["Your role may not do this", "Nothing was changed."];
    if (xhr.status === 404) return ["This is no longer here", "It may have been moved or taken away meanwhile."];
    if (xhr.status === 409) return ["Somebody changed this meanwhile", "Load the page again to see what is so now."];
    if (xhr.status === 413) return ["That is too much at once", "Send less, or a smaller file."];
    if (xhr.status === 429) return ["Too many requests in a short time", "Wait a minute, then try again."];
    return ["The desk could not do this", "Nothing you typed is lost. Try again; if it fails again, pass on the code."];
  };

  // What a page loads by itself, or looks at again and again.
  const unasked = (element) =>
    element.hasAttribute("data-quiet") || /^(load|every|revealed|intersect)\b/.test(element.getAttribute("hx-trigger") ?? "");

  // A form that outlived its sign-in asks for a fresh token first.
  const refresh = async () => {
    const url = meta("token-url")?.content;
    if (!url) return true;
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, cache: "no-store", redirect: "manual" });
    if (!answer.ok) return false;
    const token = (await answer.text()).trim();
    meta("csrf-token").content = token;
    for (const input of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) input.value = token;
    stale = false;
    return true;
  };

  // Whose token is old may have been signed out meanwhile: the desk is asked which it is before anything is said.
  const renew = (element, ...said) => {
    stale = true;
    refresh()
      .then((fresh) => (fresh ? trouble(element, ...said) : tell(element, "signed-out")))
      .catch(() => trouble(element, "The desk cannot be reached", "Nothing you typed is lost. Try again."));
  };

  document.addEventListener("htmx:confirm", (event) => {
    if (!stale || event.detail.verb === "get") return;
    event.preventDefault();
    refresh()
      .then((fresh) => (fresh ? event.detail.issueRequest(true) : tell(event.detail.elt, "signed-out")))
      .catch(() => trouble(event.detail.elt, "The desk cannot be reached", "Nothing you typed is lost. Try again."));
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = meta("csrf-token")?.content ?? "";
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (signedOut(xhr)) {
      stale = true;
      event.detail.shouldSwap = false;
      event.detail.isError = false;
      if (!requestConfig.elt.hasAttribute("data-quiet")) tell(requestConfig.elt, "signed-out");
      return;
    }
    // While signed out, an answer to something asked before does not take that notice away, nor does one that
    // nobody asked for, such as the sidebar's counts.
    if (event.detail.shouldSwap && !stale && !unasked(requestConfig.elt)) {
      for (const old of document.querySelectorAll("[data-trouble]")) old.remove();
    }
  });

  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, elt, target, pathInfo, requestConfig } = event.detail;
    if (elt.hasAttribute("data-quiet")) return;
    if (outdated(xhr)) return renew(elt, ...words(xhr), xhr.getResponseHeader("X-Request-ID") ?? "");
    const part = target?.closest("[data-part]");
    if (part && requestConfig.verb === "get") return broken(part, pathInfo.requestPath, xhr.getResponseHeader("X-Request-ID"));
    trouble(elt, ...words(xhr), xhr.getResponseHeader("X-Request-ID") ?? "");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"])
    document.addEventListener(name, (event) => {
      if (event.detail.elt.hasAttribute("data-quiet")) return;
      trouble(event.detail.elt, "The desk cannot be reached", "Nothing you typed is lost. Look at your connection, then try again.");
    });
})();

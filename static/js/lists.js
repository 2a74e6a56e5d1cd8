// Moving through a list: j and k move, x selects, Enter opens, p peeks, Esc closes. A press on a row peeks too.
(() => {
  "use strict";
  if (!document.querySelector("[data-list]") || !window.htmx) return;
  // Filters, order and pages swap the list whole, so nothing of it is kept in hand.
  const list = () => document.querySelector("[data-list]") ?? document.createElement("div");
  const side = () => document.getElementById("peek");
  const rows = () => [...list().querySelectorAll("tr[data-row]")];
  const current = () => list().querySelector("tr[data-row].is-current");
  const link = (row) => row.querySelector("th a[href], td a[href]");
  const href = (row) => row.dataset.href ?? link(row)?.href;
  const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const address = (key) => {
    const url = new URL(location.href);
    if (key) url.searchParams.set("peek", key);
    else url.searchParams.delete("peek");
    return url;
  };

  const mark = (row, focus = true) => {
    current()?.classList.remove("is-current");
    if (!row) return;
    row.classList.add("is-current");
    row.scrollIntoView({ block: "nearest" });
    if (focus) link(row)?.focus({ preventScroll: true });
  };

  // ——— the peek at the side
  const isOpen = () => side()?.hidden === false;
  const shown = () => (isOpen() ? side().dataset.key : "");
  const show = (row, history) => {
    const peek = side();
    if (!peek || !row?.dataset.peek) return;
    const was = isOpen();
    mark(row, false);
    peek.hidden = false;
    peek.dataset.key = row.dataset.row;
    if (history) window.history[was ? "replaceState" : "pushState"]({ peek: row.dataset.row }, "", address(row.dataset.row));
    htmx.ajax("GET", row.dataset.peek, { target: "#peek", swap: "innerHTML", source: peek });
  };
  const hide = (history) => {
    if (!isOpen()) return;
    side().hidden = true;
    side().replaceChildren();
    if (history) window.history.pushState({}, "", address(""));
    const row = current();
    if (row) link(row)?.focus({ preventScroll: true });
  };
  const follow = () => {
    const key = new URL(location.href).searchParams.get("peek");
    const row = key && rows().find((each) => each.dataset.row === key);
    if (row) show(row, false);
    else hide(false);
  };
  window.addEventListener("popstate", follow);

  const move = (step) => {
    const all = rows();
    const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(current()) + step))];
    if (!next) return;
    mark(next, !isOpen());
    if (isOpen()) show(next, true);
  };

  // ——— the selection
  const selbar = () => document.getElementById("selbar");
  let last = null;
  const picks = () => [...list().querySelectorAll("input[data-pick]")];
  const picked = () => picks().filter((box) => box.checked);
  const sums = (boxes) => {
    const totals = new Map();
    for (const { dataset } of boxes) {
      if (!dataset.minor || !dataset.currency) continue;
      const { sum } = totals.get(dataset.currency) ?? { sum: 0n };
      totals.set(dataset.currency, { sum: sum + BigInt(dataset.minor), digits: Number(dataset.digits ?? 2) });
    }
    return [...totals].sort().map(([currency, { sum, digits }]) => `${written(sum, digits)} ${currency}`).join(", ");
  };
  const written = (sum, digits) => {
    const text = String(sum < 0n ? -sum : sum).padStart(digits + 1, "0");
    const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, list().dataset.group ?? ",");
    const rest = digits ? (list().dataset.decimal ?? ".") + text.slice(-digits) : "";
    return (sum < 0n ? "−" : "") + whole + rest;
  };
  const all = () => list().querySelector("input[data-pick-all]");
  const matching = () => selbar()?.querySelector("input[data-all-matching]");

  const tally = () => {
    const boxes = picks();
    const chosen = picked();
    for (const box of boxes) {
      const row = box.closest("tr");
      if (box.checked) row.setAttribute("aria-selected", "true");
      else row.removeAttribute("aria-selected");
    }
    const head = all();
    if (head) {
      head.checked = boxes.length > 0 && chosen.length === boxes.length;
      head.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
    const bar = selbar();
    if (!bar) return;
    bar.removeAttribute("data-idle");
    const offer = bar.querySelector("[data-pick-matching]");
    const whole = chosen.length === boxes.length && boxes.length > 0;
    if (matching() && !whole) matching().value = "";
    const everything = matching()?.value === "1";
    bar.hidden = chosen.length === 0;
    if (offer) offer.hidden = !whole || everything;
    const count = everything ? (bar.dataset.matching ?? "all that match") : chosen.length.toLocaleString("en");
    for (const each of bar.querySelectorAll("[data-picked-count]")) each.textContent = count;
    const total = everything ? "" : sums(chosen);
    for (const each of bar.querySelectorAll("[data-picked-sums]")) each.textContent = total && `· ${total}`;
  };
  const clear = () => {
    if (matching()) matching().value = "";
    for (const box of picks()) box.checked = false;
    tally();
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-list]")) return;
    const box = event.target.closest("input[data-pick]");
    if (box) {
      const boxes = picks();
      if (event.shiftKey && last?.isConnected) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
      }
      last = box;
      tally();
      return;
    }
    if (event.target.closest("[data-pick-all]")) {
      const on = event.target.checked;
      for (const each of picks()) each.checked = on;
      tally();
      return;
    }
    if (event.target.closest("[data-clear]")) return clear();
    if (event.target.closest("[data-pick-matching]")) {
      matching().value = "1";
      return tally();
    }
    const turn = event.target.closest("[data-peek-close], [data-peek-next], [data-peek-previous]");
    if (turn && plain(event)) {
      event.preventDefault();
      if ("peekClose" in turn.dataset) return hide(true);
      return move("peekNext" in turn.dataset ? 1 : -1);
    }
    const row = event.target.closest("tr[data-row]");
    const own = event.target.closest("a, button, input, label, select, summary, [data-copy]");
    if (!row || own || String(window.getSelection())) return;
    if (matchMedia("(max-width: 720px)").matches || !row.dataset.peek) {
      if (href(row)) location.assign(href(row));
    } else if (shown() === row.dataset.row) hide(true);
    else show(row, true);
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox])")) return;
    const row = current();
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x" && row) row.querySelector("input[data-pick]")?.click();
    else if (event.key === "p" && row) shown() === row.dataset.row ? hide(true) : show(row, true);
    else if (event.key === "Enter" && row && !event.target.closest?.("a, button, summary, input")) location.assign(href(row));
    else if (event.key === "Escape" && isOpen()) hide(true);
    else if (event.key === "Escape" && picked().length) clear();
    else return;
    event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-list] tr[data-row]");
    if (row && row !== current()) mark(row, false);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === side()) return;
    tally();
    const { csv, save, manage, tab } = list().dataset;
    const csvLink = document.getElementById("csv-link");
    if (csvLink && csv) csvLink.href = csv;
    for (const each of document.querySelectorAll("[data-tab-name]")) {
      if (each.dataset.tabName === tab) each.setAttribute("aria-current", "page");
      else each.removeAttribute("aria-current");
    }
    const saveLink = document.getElementById("save-view");
    const manageLink = document.getElementById("manage-view");
    if (saveLink && save) saveLink.href = save;
    if (manageLink) {
      manageLink.hidden = !manage;
      if (manage) manageLink.href = manage;
    }
  });

  // A bulk action asks in a dialog; without this its button leads to the same question as a page.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.target.id !== "selection" || !button?.hasAttribute("data-bulk")) return;
    event.preventDefault();
    const query = new URLSearchParams(new FormData(event.target));
    htmx.ajax("GET", `${button.formAction}?${query}`, { target: "#dialog", swap: "innerHTML", source: button });
  });

  // What an action changed, the list behind it shows at once.
  document.addEventListener("desk:changed", () => {
    if (document.getElementById("list-part")) htmx.ajax("GET", location.href, { target: "#list-part", swap: "outerHTML show:none" });
  });

  tally();
  const asked = new URL(location.href).searchParams.get("peek");
  const open = asked && rows().find((each) => each.dataset.row === asked);
  if (isOpen()) {
    side().dataset.key = asked;
    open?.scrollIntoView({ block: "nearest" });
  } else follow();
})();

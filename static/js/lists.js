// Moving through a list: j and k move, x selects, Enter opens, p peeks, Esc closes. A press on a row peeks too.
(() => {
  "use strict";
  const list = document.querySelector("[data-list]");
  if (!list || !window.htmx) return;
  const peek = document.getElementById("peek");
  const rows = () => [...list.querySelectorAll("tr[data-row]")];
  const current = () => list.querySelector("tr[data-row].is-current");
  const link = (row) => row.querySelector("th a[href], td a[href]");
  const href = (row) => row.dataset.href ?? link(row)?.href;
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
  const isOpen = () => Boolean(peek) && !peek.hidden;
  const show = (row, history) => {
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
    peek.hidden = true;
    peek.replaceChildren();
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
  const bar = document.getElementById("selbar");
  let last = null;
  const picks = () => [...list.querySelectorAll("input[data-pick]")];
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
    const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, list.dataset.group ?? ",");
    const rest = digits ? (list.dataset.decimal ?? ".") + text.slice(-digits) : "";
    return (sum < 0n ? "−" : "") + whole + rest;
  };
  const all = () => list.querySelector("input[data-pick-all]");
  const matching = () => bar?.querySelector("input[data-all-matching]");

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
    if (!bar) return;
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

  list.addEventListener("click", (event) => {
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
    if (event.target.closest("[data-peek-close]")) return hide(true);
    if (event.target.closest("[data-peek-next]")) return move(1);
    if (event.target.closest("[data-peek-previous]")) return move(-1);
    const row = event.target.closest("tr[data-row]");
    const own = event.target.closest("a, button, input, label, select, summary, [data-copy]");
    if (!row || own || String(window.getSelection())) return;
    if (matchMedia("(max-width: 720px)").matches || !row.dataset.peek) {
      if (href(row)) location.assign(href(row));
    } else if (isOpen() && peek.dataset.key === row.dataset.row) hide(true);
    else show(row, true);
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox])")) return;
    const row = current();
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x" && row) row.querySelector("input[data-pick]")?.click();
    else if (event.key === "p" && row) isOpen() && peek.dataset.key === row.dataset.row ? hide(true) : show(row, true);
    else if (event.key === "Enter" && row && !event.target.closest?.("a, button, summary, input")) location.assign(href(row));
    else if (event.key === "Escape" && isOpen()) hide(true);
    else if (event.key === "Escape" && picked().length) clear();
    else return;
    event.preventDefault();
  });
  list.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (row && row !== current()) mark(row, false);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!list.contains(event.detail.target) || event.detail.target === peek) return;
    last = null;
    tally();
  });
  tally();
  if (new URL(location.href).searchParams.has("peek")) follow();
})();

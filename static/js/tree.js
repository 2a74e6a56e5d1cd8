// A payload's tree: all branches at once, and arrows that walk its lines.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-tree]");
    const tree = link?.closest("section")?.querySelector(".tree");
    if (!tree) return;
    event.preventDefault();
    for (const branch of tree.querySelectorAll("details")) branch.open = link.dataset.tree === "open";
  });

  document.addEventListener("keydown", (event) => {
    const tree = event.target.closest?.(".tree");
    if (!tree || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const lines = [...tree.querySelectorAll("summary, button.k")].filter((each) => each.checkVisibility());
    const at = lines.indexOf(document.activeElement);
    const next = lines[event.key === "ArrowDown" ? at + 1 : Math.max(at - 1, 0)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
})();

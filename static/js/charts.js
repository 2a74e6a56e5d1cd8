// Draws each [data-figure] (an address of JSON) or [data-figure-id] (a json_script of the page) with plotly.
// Colours come as "token:c-new" and are read from the stylesheet, so a chart follows the theme.
(() => {
  "use strict";
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (token) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };

  const themed = (value) => {
    if (Array.isArray(value)) return value.map(themed);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, themed(each)]));
    return typeof value === "string" && value.startsWith("token:") ? colour(value.slice(6)) : value;
  };

  const axis = (extra = {}) => ({
    gridcolor: colour("line"), zerolinecolor: colour("line-input"), zerolinewidth: 1, showline: false,
    tickfont: { size: 11, color: colour("ink-3") }, ticks: "", fixedrange: true, automargin: true, ...extra,
  });

  const figures = new WeakMap();
  const figure = async (box) => {
    if (!figures.has(box)) {
      const { figure: url, figureId: id } = box.dataset;
      figures.set(box, id ? JSON.parse(document.getElementById(id).textContent) : await (await fetch(url)).json());
    }
    return figures.get(box);
  };

  const draw = async (box) => {
    const { data, layout } = themed(await figure(box));
    const { xaxis, yaxis, ...rest } = layout ?? {};
    if (!("ready" in box.dataset)) box.replaceChildren();
    box.dataset.ready = "";
    await Plotly.react(box, data, {
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("ink-2") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 0, r: 0, t: 8, b: 0 },
      bargap: 0.42, showlegend: false, hovermode: "x unified",
      hoverlabel: { bgcolor: colour("raised"), bordercolor: colour("line-2"), font: { size: 12, color: colour("ink") } },
      xaxis: axis({ showgrid: false, zeroline: false, ...xaxis }), yaxis: axis(yaxis), ...rest,
    }, { displayModeBar: false, responsive: true });
  };

  const failed = (box) => {
    delete box.dataset.ready;
    box.textContent = "The chart could not be drawn. Its figures are in the table.";
  };
  const boxes = () => document.querySelectorAll("[data-figure], [data-figure-id]");
  const drawAll = () => boxes().forEach((box) => draw(box).catch(() => failed(box)));
  const drawNew = () => boxes().forEach((box) => "ready" in box.dataset || draw(box).catch(() => failed(box)));

  document.fonts.ready.then(drawAll);
  document.addEventListener("htmx:afterSettle", drawNew);
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();

// Times are written absolute; the title also tells how long ago, and that part ticks.
(() => {
  "use strict";
  const words = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  const steps = [[31536000, "year"], [2629800, "month"], [604800, "week"], [86400, "day"], [3600, "hour"], [60, "minute"]];

  const relative = (moment) => {
    const seconds = (moment - Date.now()) / 1000;
    if (Math.abs(seconds) < 45) return seconds <= 0 ? "just now" : "in a moment";
    const [size, unit] = steps.find(([each]) => Math.abs(seconds) >= each) ?? [60, "minute"];
    return words.format(Math.trunc(seconds / size) || Math.sign(seconds), unit);
  };

  const tick = () => {
    for (const time of document.querySelectorAll("time[data-at]")) {
      const [absolute] = time.title.split(" · ");
      time.title = `${absolute} · ${relative(Date.parse(time.dateTime))}`;
    }
  };
  setInterval(() => document.visibilityState === "visible" && tick(), 30000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tick());
})();

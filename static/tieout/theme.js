// Runs before the first paint, so that a dark page never flashes white. Follows the system until a person chooses.
(function () {
  "use strict";
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    try { return window.localStorage.getItem("theme"); } catch (error) { return null; }
  }
  function apply() {
    var choice = chosen() || "system";
    var dark = choice === "dark" || (choice === "system" && system.matches);
    document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
    document.documentElement.setAttribute("data-theme-choice", choice);
  }
  apply();
  system.addEventListener("change", apply);
  window.tieoutTheme = function (choice) {
    try {
      if (choice === "system") { window.localStorage.removeItem("theme"); } else { window.localStorage.setItem("theme", choice); }
    } catch (error) { /* private browsing: the choice lasts for this page */ }
    apply();
  };
})();

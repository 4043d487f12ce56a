// Small helpers of the customer pages. Everything works without them; they make it kinder.
(function () {
  "use strict";

  function each(root, selector, act) {
    Array.prototype.forEach.call(root.querySelectorAll(selector), act);
  }

  // --- theme: system -> light -> dark -> system
  function markTheme() {
    var choice = document.documentElement.getAttribute("data-theme-choice") || "system";
    each(document, "[data-theme-value]", function (button) {
      var on = button.getAttribute("data-theme-value") === choice;
      button.classList.toggle("active", on);
      button.setAttribute("aria-pressed", on ? "true" : "false");
    });
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-theme-value]");
    if (!button) { return; }
    window.tieoutTheme(button.getAttribute("data-theme-value"));
    markTheme();
  });

  // --- copy buttons: <button data-copy="text">
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) { return; }
    navigator.clipboard.writeText(button.getAttribute("data-copy")).then(function () {
      button.setAttribute("data-copied", "");
      window.setTimeout(function () { button.removeAttribute("data-copied"); }, 1500);
    });
  });

  // --- confirm: <form data-confirm="What will happen" data-confirm-action="Delete">, one dialog for all
  var waiting = null;
  document.addEventListener("submit", function (event) {
    var form = event.target;
    var dialog = document.getElementById("confirm");
    if (!form.hasAttribute("data-confirm") || form.hasAttribute("data-confirmed") || !dialog || !dialog.showModal) { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = { form: form, submitter: event.submitter };
    dialog.querySelector("[data-confirm-text]").textContent = form.getAttribute("data-confirm");
    dialog.querySelector("[data-confirm-yes]").textContent = form.getAttribute("data-confirm-action") || "OK";
    dialog.showModal();
  }, true);
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-confirm-no]")) { event.target.closest("dialog").close(); waiting = null; }
    if (event.target.closest("[data-confirm-yes]") && waiting) {
      var held = waiting;
      waiting = null;
      event.target.closest("dialog").close();
      held.form.setAttribute("data-confirmed", "");
      held.form.requestSubmit(held.submitter && held.submitter.form === held.form ? held.submitter : undefined);
      held.form.removeAttribute("data-confirmed");
    }
  });

  // --- a form is sent once: the second click of a double click finds a disabled button
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method === "get" || form.hasAttribute("data-many")) { return; }
    if (form.hasAttribute("data-sent")) { event.preventDefault(); return; }
    form.setAttribute("data-sent", "");
    form.removeAttribute("data-dirty");
    window.setTimeout(function () {
      each(form, "button[type=submit]", function (button) { button.disabled = true; button.classList.add("is-busy"); });
    }, 0);
  });
  function release(form) {
    form.removeAttribute("data-sent");
    each(form, "button[type=submit]", function (button) { button.disabled = false; button.classList.remove("is-busy"); });
  }
  window.addEventListener("pageshow", function () { each(document, "form[data-sent]", release); });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.target.matches && event.target.matches("form[data-sent]")) { release(event.target); }
  });

  // --- unsaved edits: <form data-guard>
  document.addEventListener("input", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-guard")) { form.setAttribute("data-dirty", ""); }
  });
  window.addEventListener("beforeunload", function (event) {
    if (document.querySelector("form[data-dirty]")) { event.preventDefault(); }
  });

  // --- selects and checkboxes that act at once: <select data-submit>
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-submit]")) { event.target.form.requestSubmit(); }
  });

  // --- bulk selection: <table data-bulk> with [data-bulk-all], [data-bulk-one]; [data-bulk-bar] shows the count
  document.addEventListener("change", function (event) {
    var scope = event.target.closest("[data-bulk]");
    if (!scope || !event.target.matches("[data-bulk-all], [data-bulk-one]")) { return; }
    if (event.target.matches("[data-bulk-all]")) {
      each(scope, "[data-bulk-one]:not(:disabled)", function (box) { box.checked = event.target.checked; });
    }
    var chosen = scope.querySelectorAll("[data-bulk-one]:checked").length;
    each(scope, "[data-bulk-bar]", function (bar) { bar.hidden = chosen === 0; });
    each(scope, "[data-bulk-count]", function (spot) { spot.textContent = String(chosen); });
  });

  // --- files: drop them on [data-drop], which wraps a file input
  function listFiles(zone) {
    var input = zone.querySelector("input[type=file]");
    var list = zone.querySelector("[data-drop-list]");
    if (!list) { return; }
    list.textContent = "";
    Array.prototype.forEach.call(input.files, function (file) {
      var item = document.createElement("li");
      item.textContent = file.name + " (" + Math.max(1, Math.round(file.size / 1024)).toLocaleString() + " KB)";
      list.appendChild(item);
    });
    each(zone, "[data-drop-send]", function (button) { button.disabled = input.files.length === 0; });
  }
  ["dragenter", "dragover"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var zone = event.target.closest && event.target.closest("[data-drop]");
      if (zone) { event.preventDefault(); zone.classList.add("is-over"); }
    });
  });
  ["dragleave", "drop"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var zone = event.target.closest && event.target.closest("[data-drop]");
      if (zone) { zone.classList.remove("is-over"); }
    });
  });
  document.addEventListener("drop", function (event) {
    var zone = event.target.closest && event.target.closest("[data-drop]");
    if (!zone) { return; }
    event.preventDefault();
    zone.querySelector("input[type=file]").files = event.dataTransfer.files;
    listFiles(zone);
  });
  document.addEventListener("change", function (event) {
    var zone = event.target.closest("[data-drop]");
    if (zone && event.target.type === "file") { listFiles(zone); }
  });

  // --- search in long lists of options: <select data-search> gets a filter field above it
  function searchable(select) {
    if (select.options.length < 12 || select.previousElementSibling && select.previousElementSibling.hasAttribute("data-search-for")) { return; }
    var field = document.createElement("input");
    field.type = "search";
    field.className = "form-control form-control-sm mb-1";
    field.placeholder = select.getAttribute("data-search") || "";
    field.setAttribute("aria-label", field.placeholder);
    field.setAttribute("data-search-for", "");
    field.addEventListener("input", function () {
      var words = field.value.toLowerCase();
      Array.prototype.forEach.call(select.options, function (option) {
        option.hidden = option.value !== "" && option.text.toLowerCase().indexOf(words) < 0;
      });
    });
    select.parentNode.insertBefore(field, select);
  }

  // --- a new company: the country proposes currency and zone, the browser knows its own zone
  function proposePlaces(form) {
    var places = JSON.parse(document.getElementById("places").textContent);
    var country = form.elements.country, zone = form.elements.timezone;
    var here = window.Intl ? Intl.DateTimeFormat().resolvedOptions().timeZone : "";
    var codes = Object.keys(places).filter(function (code) { return places[code].zone === here; });
    function take() {
      var place = places[country.value];
      if (place) { form.elements.home_currency.value = place.currency; zone.value = place.zone; }
    }
    country.addEventListener("change", take);
    if (form.querySelector(".is-invalid")) { return; }
    if (codes.length === 1) { country.value = codes[0]; take(); } else if (here) { zone.value = here; }
    if (!zone.value) { take(); }
  }

  // --- how long something still lasts, in minutes; when it is over the page is asked again
  function countDown(spot) {
    var until = Date.parse(spot.getAttribute("data-until"));
    function say() {
      var left = Math.ceil((until - Date.now()) / 60000);
      if (left <= 0) { window.location.reload(); return; }
      spot.textContent = left + " " + spot.getAttribute("data-word");
      window.setTimeout(say, 15000);
    }
    if (until > Date.now()) { say(); }
  }

  function prepare(root) {
    each(root, "form[data-places]", proposePlaces);
    each(root, "select[data-search]", searchable);
    each(root, "[data-drop]", listFiles);
    each(root, "[data-bulk-bar]", function (bar) { bar.hidden = !bar.closest("[data-bulk]").querySelector("[data-bulk-one]:checked"); });
    each(root, "[data-until]", countDown);
    each(root, "progress[data-value]", function (bar) { bar.value = Number(bar.getAttribute("data-value")); });
  }
  document.addEventListener("DOMContentLoaded", function () { markTheme(); prepare(document); });
  document.addEventListener("htmx:load", function (event) { prepare(event.detail.elt); });

  // --- search: Ctrl+K opens it anywhere, arrows choose, Enter goes there
  function searchBox() { return document.getElementById("search"); }
  function openSearch() {
    var box = searchBox();
    if (!box || !box.showModal || box.open) { return; }
    box.showModal();
    document.getElementById("search-q").select();
  }
  document.addEventListener("click", function (event) {
    if (event.ctrlKey || event.metaKey) { return; }
    if (event.target.closest("[data-search-open]") && searchBox() && searchBox().showModal) { event.preventDefault(); openSearch(); }
    if (event.target.closest("[data-search-close]") || event.target === searchBox()) { searchBox().close(); }
  });
  function choose(box, step) {
    var hits = Array.prototype.slice.call(box.querySelectorAll(".search-hit"));
    if (!hits.length) { return; }
    var now = hits.findIndex(function (hit) { return hit.getAttribute("aria-selected") === "true"; });
    var next = now < 0 ? (step > 0 ? 0 : hits.length - 1) : (now + step + hits.length) % hits.length;
    hits.forEach(function (hit, place) { hit.setAttribute("aria-selected", place === next ? "true" : "false"); });
    hits[next].scrollIntoView({ block: "nearest" });
    document.getElementById("search-q").setAttribute("aria-activedescendant", hits[next].id);
  }
  document.addEventListener("keydown", function (event) {
    var box = searchBox();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k" && box) { event.preventDefault(); openSearch(); return; }
    if (!box || !box.open) { return; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(box, event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Enter") {
      var hit = box.querySelector('.search-hit[aria-selected="true"]') || box.querySelector(".search-hit");
      if (hit && event.target.id === "search-q") { event.preventDefault(); window.location.assign(hit.href); }
    }
  });

  // --- htmx: a broken answer says so instead of doing nothing
  document.addEventListener("htmx:responseError", function () { announce("data-trouble"); });
  document.addEventListener("htmx:sendError", function () { announce("data-offline"); });
  function announce(name) {
    var spot = document.getElementById("live");
    if (spot) { spot.textContent = spot.getAttribute(name) || ""; }
  }
})();

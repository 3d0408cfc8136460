// What a page does beyond reading: dialogs, menus, local time, the slider. Everything works without it.
"use strict";

(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  // --- times where the reader is ---------------------------------------------------------------
  const KEY = "ledger-local-time";
  const remembered = () => { try { return localStorage.getItem(KEY) === "1"; } catch { return false; } };
  const remember = (on) => { try { localStorage.setItem(KEY, on ? "1" : "0"); } catch { /* private mode */ } };
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  function showTimes(from = document) {
    const on = remembered();
    for (const time of $$("time[datetime]", from)) {
      time.dataset.utc ??= time.textContent;
      const moment = new Date(time.dateTime);
      time.textContent = on ? `${local.format(moment)} here` : time.dataset.utc;
      time.title = on ? time.dataset.utc : `${local.format(moment)} where you are`;
    }
  }
  for (const box of $$("[data-local-time]")) {
    box.checked = remembered();
    box.addEventListener("change", () => { remember(box.checked); showTimes(); });
  }
  showTimes();

  // --- menus close when one looks elsewhere -----------------------------------------------------
  const closeMenus = (except) => $$("details.menu[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = $("details.menu[open]");
    closeMenus();
    if (open) $("summary", open).focus();
  });

  // --- dialogs ----------------------------------------------------------------------------------
  let cameFrom = null;
  const place = () => $("#dialog");
  function closeDialog() {
    const dialog = $("dialog", place());
    if (dialog) dialog.close();
    place().replaceChildren();
    if (cameFrom && document.contains(cameFrom)) cameFrom.focus();
    cameFrom = null;
  }
  // not before it has settled, and base.html has it settle at once: until then Enter would send a form past htmx
  document.addEventListener("htmx:afterSettle", (event) => {
    showTimes(event.detail.target);
    if (event.detail.target.id === "main") followSlider();
    if (event.detail.target.id === "dialog") {
      const dialog = $("dialog", place());
      if (!dialog) return;
      cameFrom = event.detail.requestConfig.elt.closest("details.menu")?.querySelector("summary") ?? null;
      closeMenus();
      dialog.removeAttribute("open");
      dialog.classList.remove("inline");
      dialog.showModal();
      // Escape closes it without asking us
      dialog.addEventListener("close", () => { if (place().contains(dialog)) closeDialog(); }, { once: true });
    } else if (event.detail.target.id === "team") {
      closeDialog();
      // the row that one came from is elsewhere now
      $("#team .toast button, #team .tabs a")?.focus();
      const toast = $(".toast p");
      if (toast) $("#said").textContent = toast.textContent;
    }
  });
  document.addEventListener("click", (event) => {
    const close = event.target.closest("#dialog [data-close]");
    if (close) { event.preventDefault(); closeDialog(); }
  });

  // --- while something is on its way, and when it failed -----------------------------------------
  document.addEventListener("htmx:beforeRequest", () => document.documentElement.classList.add("busy"));
  document.addEventListener("htmx:afterRequest", () => document.documentElement.classList.remove("busy"));
  function tell(text) {
    const alert = document.createElement("p");
    alert.className = "alert";
    alert.setAttribute("role", "alert");
    alert.textContent = text;
    ($("#dialog form") ?? $("#main").firstElementChild).before(alert);
  }
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) { location.reload(); return; }
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    tell($("main .lead", page)?.textContent ?? "That did not work. Nothing was changed.");
  });
  document.addEventListener("htmx:sendError", () => tell("The ledger does not answer. Nothing was changed."));

  // --- copying a paragraph ------------------------------------------------------------------------
  for (const button of $$("[data-copy]")) {
    if (!navigator.clipboard) continue;
    const text = $(button.dataset.copy), before = button.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent.trim());
        button.textContent = "Copied";
        $("#said").textContent = "Copied to the clipboard.";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected: copy it now";
      }
    });
    button.addEventListener("blur", () => { button.textContent = before; });
    button.hidden = false;
  }

  // --- the slider along the chart ----------------------------------------------------------------
  function followSlider() {
    const form = $("[data-times]"), slide = $("[data-slide]"), chart = $("[data-chart]");
    if (form && slide && chart && form.dataset.since) {
      const since = Number(form.dataset.since), until = Number(form.dataset.until);
      const range = $("input", slide), said = $("output", slide), asOf = form.elements.as_of;
      const line = $(".as-of", chart), left = Number(chart.dataset.left), right = Number(chart.dataset.right);
      const written = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
      const at = () => since + (until - since) * (range.value / range.max);
      if (line) range.value = Math.round((Number(line.getAttribute("x1")) - left) / (right - left) * range.max);
      range.addEventListener("input", () => {
        asOf.value = written(at());
        said.textContent = `As of ${asOf.value} UTC`;
        const x = left + (right - left) * (range.value / range.max);
        if (line) { line.setAttribute("x1", x); line.setAttribute("x2", x); }
      });
      range.addEventListener("change", () => form.requestSubmit());
      slide.hidden = false;
    }
  }
  followSlider();
  // an empty field says nothing in an address
  for (const one of $$("form[action]:not([method])")) {
    one.addEventListener("submit", () => {
      for (const field of $$("input:not([type=checkbox]), select", one)) if (!field.value) field.disabled = true;
    });
  }
  addEventListener("pageshow", () => $$("form :disabled").forEach((field) => { field.disabled = false; }));
})();

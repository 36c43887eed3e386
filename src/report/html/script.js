"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const say = (text) => { $("said").textContent = text; };

  // The theme: the system's, until somebody chooses.
  const themes = ["system", "light", "dark"];
  const kept = () => { try { return localStorage.getItem("scim-check-theme"); } catch { return null; } };
  const wear = (theme) => {
    if (theme === "system") root.removeAttribute("data-theme");
    else root.dataset.theme = theme;
    $("theme").textContent = "Theme: " + theme;
  };
  let theme = themes.includes(kept()) ? kept() : "system";
  wear(theme);
  $("theme").hidden = false;
  $("theme").addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    try { localStorage.setItem("scim-check-theme", theme); } catch { /* A page from a file may have no store. */ }
    wear(theme);
  });

  // Copying.
  const copy = async (text, from) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(from);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      if (!document.execCommand("copy")) throw new Error("not copied");
    }
  };
  for (const line of document.querySelectorAll(".cmd")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy the " + line.firstChild.textContent + " line");
    line.append(button);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".cmd button");
    if (!button) return;
    const code = button.parentElement.querySelector("code");
    copy(code.textContent, code).then(
      () => { button.textContent = "Copied"; say("Copied"); },
      () => { button.textContent = "Selected"; say("Selected: copy with the keyboard"); },
    );
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });

  // What is packed is unpacked when its case is opened.
  const bundles = [...document.querySelectorAll(".bundle")].map((element) => ({ element, parts: null }));
  const unpack = async (bundle) => {
    const bytes = Uint8Array.from(atob(bundle.element.textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };
  document.addEventListener("toggle", async (event) => {
    const later = event.target.open && event.target.querySelector(":scope > .later");
    if (!later) return;
    const bundle = bundles[later.dataset.in];
    bundle.parts ??= unpack(bundle);
    const parts = await bundle.parts;
    const holder = document.createElement("div");
    holder.innerHTML = parts[later.dataset.at];
    later.replaceWith(holder);
  }, true);

  // Filtering. The address says what is shown, so that it can be shared.
  const form = $("filter");
  const cases = [...document.querySelectorAll(".c")].map((element) => ({
    element,
    outcome: element.dataset.o,
    levels: (element.dataset.l || "").split(" "),
    text: null,
  }));
  const folders = [...document.querySelectorAll(".folder")];
  const textOf = (one) => {
    if (one.text === null) {
      const parts = [one.element.querySelector("summary").textContent];
      for (const list of one.element.querySelectorAll(":scope > ul, :scope > p")) parts.push(list.textContent);
      one.text = parts.join(" ").toLowerCase();
    }
    return one.text;
  };
  const wanted = () => {
    const data = new FormData(form);
    return { outcomes: data.getAll("o"), level: data.get("l") || "", words: (data.get("q") || "").trim() };
  };
  const show = () => {
    const { outcomes, level, words } = wanted();
    const each = words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of cases) {
      const fits = (outcomes.length === 0 || outcomes.includes(one.outcome))
        && (!level || one.levels.includes(level))
        && each.every((word) => textOf(one).includes(word));
      one.element.hidden = !fits;
      shown += fits;
    }
    for (const folder of folders) folder.hidden = !folder.querySelector(".c:not([hidden])");
    $("none").hidden = shown > 0;
    $("count").textContent = shown === cases.length ? cases.length + " cases" : shown + " of " + cases.length + " cases";
  };
  const address = () => {
    const { outcomes, level, words } = wanted();
    const parts = new URLSearchParams();
    if (outcomes.length) parts.set("outcome", outcomes.join(","));
    if (level) parts.set("level", level);
    if (words) parts.set("text", words);
    const text = parts.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };
  const read = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    const outcomes = (parts.get("outcome") || "").split(",");
    for (const box of form.elements.o instanceof RadioNodeList ? form.elements.o : [form.elements.o].filter(Boolean)) {
      box.checked = outcomes.includes(box.value);
    }
    form.elements.l.value = parts.get("level") || "";
    form.elements.q.value = parts.get("text") || "";
  };
  const changed = () => { show(); address(); };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", changed);
  form.addEventListener("reset", () => setTimeout(changed));

  // What the address names is opened; a case that is filtered out comes back.
  const arrive = () => {
    const name = location.hash.slice(1);
    if (/^(outcome|level|text)=/.test(name)) {
      read();
      show();
      $("cases").scrollIntoView();
      return;
    }
    const target = name && $(name);
    if (!target) return;
    if (target.classList.contains("c") && target.hidden) {
      for (const box of form.querySelectorAll(":checked")) box.checked = false;
      form.elements.l.value = "";
      form.elements.q.value = "";
      show();
    }
    for (let up = target; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    target.scrollIntoView();
    const handle = target.querySelector(":scope > summary");
    if (handle) handle.focus({ preventScroll: true });
  };
  show();
  addEventListener("hashchange", arrive);
  arrive();

  // Keys: / searches, j and k go through the cases.
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "Escape" && typing) { typing.blur(); return; }
    if (typing) return;
    if (event.key === "/") {
      event.preventDefault();
      $("q").focus();
      $("cases").scrollIntoView();
    } else if (event.key === "j" || event.key === "k") {
      const shown = cases.filter((one) => !one.element.hidden).map((one) => one.element.querySelector("summary"));
      const at = shown.indexOf(document.activeElement);
      const next = at < 0 ? 0 : at + (event.key === "j" ? 1 : -1);
      if (shown[next]) { shown[next].focus(); shown[next].scrollIntoView({ block: "nearest" }); }
    }
  });

  // A printed page shows what is folded in the violations.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".v:not([open]), .fold:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
})();

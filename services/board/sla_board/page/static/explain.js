// How the due instants of an incident come about: asked of the timer service when the section is opened, in the
// language of the reader. Every word of the answer is put on the page as text, never as markup.

const why = document.getElementById("why");
const panel = why.querySelector("details");
const PATIENCE_MS = 10000;
const SETTLE_MS = 250; // several changes of the page at once are one question
const KEY = "slad.language";

let told = null; // the latest answer
let asking = null; // AbortController of the question under way
let patientUntil = 0; // when the oldest question without an answer is given up: a newer one does not wait longer
const unfolded = new Map(); // clock -> whether, once the reader has touched it

function el(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...content); // strings become text nodes
  return made;
}

// -- the frame of the section: languages, the state of the question, the clocks -------------------------------

const texts = panel.querySelector(".as-text");
const names = new Map([...texts.querySelectorAll("a")].map((a) => [a.lang, a.textContent]));
const select = el("select", { id: "why-language" }, ...[...names].map(([tag, name]) => el("option", { value: tag, lang: tag }, name)));
const plain = el("a", {}, "Plain text");
const state = el("p", { class: "why-state", role: "status" });
const again = el("button", { type: "button", hidden: true }, "Try again");
const clocks = el("div", { class: "why-clocks" });
texts.replaceWith(el("div", { class: "why-bar" }, el("label", {}, "Language ", select), plain), state, again, clocks);

function chosen() {
  const stored = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const wanted = [new URL(location.href).searchParams.get("lang"), stored(), ...navigator.languages];
  for (const tag of wanted) {
    const near = tag && [...names.keys()].find((known) => known === tag || known.split("-")[0] === tag.split("-")[0]);
    if (near) return near;
  }
  return "en";
}

function choose(tag) {
  select.value = tag;
  plain.href = `${why.dataset.explain}?format=text&lang=${tag}`;
  plain.hreflang = tag;
}

select.addEventListener("change", () => {
  choose(select.value);
  const url = new URL(location.href);
  url.searchParams.set("lang", select.value);
  history.replaceState(null, "", url);
  try { localStorage.setItem(KEY, select.value); } catch { /* a browser that keeps nothing */ }
  ask();
});

// -- asking ----------------------------------------------------------------------------------------------------

async function ask() {
  if (asking) asking.abort();
  else patientUntil = Date.now() + PATIENCE_MS;
  const mine = (asking = new AbortController());
  const patience = setTimeout(() => mine.abort("late"), Math.max(0, patientUntil - Date.now()));
  clocks.setAttribute("aria-busy", "true");
  // A trouble that is shown stays until there is an answer: what changes meanwhile asks again, and tells nothing new.
  if (!told && !state.classList.contains("trouble")) say("Asking the timer …");
  try {
    const answer = await fetch(`${why.dataset.explain}?lang=${encodeURIComponent(select.value)}`, {
      headers: { accept: "application/json" }, signal: mine.signal, cache: "no-store",
    });
    if (!answer.ok) throw answer.status;
    const read = await answer.json();
    if (mine !== asking) return;
    told = read;
    show();
  } catch (error) {
    if (mine === asking) fail(error);
  } finally {
    clearTimeout(patience);
    if (mine === asking) {
      clocks.removeAttribute("aria-busy");
      asking = null;
    }
  }
}

function say(text, retry = false) {
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("trouble", retry);
  again.hidden = !retry;
}

function fail(error) {
  const reason = { 401: "A key is needed to read explanations.", 403: "Your key may not read explanations.",
    404: "The timer does not know this incident yet, or no longer." }[error] ?? "The timer does not answer.";
  const rest = told ? ` What follows is as of ${told.at.slice(0, 19).replace("T", " ")} UTC.` : "";
  say(`${reason} The promises above still hold.${rest}`, true);
}

let settling = 0;

document.addEventListener("slad:changed", () => {
  if (!panel.open) {
    told = null; // old when it is opened next
    return;
  }
  clearTimeout(settling);
  settling = setTimeout(ask, SETTLE_MS);
});
panel.addEventListener("toggle", () => { if (panel.open && !told) ask(); });
again.addEventListener("click", () => { state.classList.remove("trouble"); ask(); select.focus(); });

// -- showing ---------------------------------------------------------------------------------------------------

// What is odd about the incident: why no clock runs, what had no effect. A timer of an older release sends no heading.
function remarked() {
  if (!told.remarks?.length) return [];
  const lines = told.remarks.map((one) => el("li", { title: one.kind }, one.text));
  return [el("section", { class: "why-remarks" }, el("h3", {}, told.remarks_title ?? "Remarks"), el("ul", {}, ...lines))];
}

function show() {
  say(told.clocks.length ? "" : told.text.split("\n")[0]);
  clocks.lang = told.spoken;
  const focus = clocks.contains(document.activeElement) ? document.activeElement.closest("[data-name]")?.dataset.name : null;
  const scrolled = new Map([...clocks.querySelectorAll(".steps")].map((box) => [box.dataset.name, box.scrollTop]));
  clocks.replaceChildren(...told.clocks.map(clock), ...remarked());
  for (const box of clocks.querySelectorAll(".steps")) box.scrollTop = scrolled.get(box.dataset.name) ?? 0;
  if (focus) [...clocks.querySelectorAll("[data-name]")].find((one) => one.dataset.name === focus)?.focus({ preventScroll: true });
  tick();
}

function clock(one) {
  const words = one.words;
  const going = one.state === "running" || one.state === "paused";
  const cycle = one.cycle ? ` ${one.cycle + 1}` : "";
  const head = el("summary", { "data-name": `head ${one.clock}` },
    el("h3", {}, words.metric + cycle), el("span", { class: "badge" }, words.state), el("span", { class: "due" }, words.instants[0]));
  const made = el("details", { class: "why-clock", "data-clock": one.clock, open: unfolded.get(one.clock) ?? going },
    head,
    el("p", { class: "sums" }, el("span", {}, words.sums), words.left && going ? el("b", { class: "left" }) : ""),
    steps(one),
    el("div", { class: "basis" },
      el("div", {}, ...words.basis.map((line) => el("p", {}, line)),
        words.definition ? el("p", { class: "definition", lang: words.definition.language }, words.definition.text) : ""),
      el("div", {}, el("h4", {}, words.rows_title), el("ol", { class: "rows" }, ...one.rows.map((row, n) => tried(row, words.rows[n]))))),
    el("p", { class: "grounds" }, words.instants.slice(1).join(" · ")),
    el("p", { class: "grounds" }, words.grounds.join(" · ")));
  head.addEventListener("click", () => unfolded.set(one.clock, !made.open));
  return made;
}

function steps(one) {
  const words = one.words;
  const title = `${words.metric}: ${words.time_title}`;
  const rows = one.steps.map((step, n) => {
    const said = words.steps[n];
    const kind = step.counted_seconds ? "counted" : step.kind;
    return el("tr", { class: `step ${kind}${step.ahead ? " ahead" : ""}` },
      el("td", {}, said.when), el("td", {}, el("span", { class: "what" }, said.what), said.notes.length ? el("small", {}, said.notes.join(", ")) : ""),
      el("td", { class: "number" }, said.counted || "–"), el("td", { class: "number" }, said.total));
  });
  const [when, what, counts, sum] = words.columns;
  const head = el("tr", {}, el("th", { scope: "col" }, when), el("th", { scope: "col" }, what),
    el("th", { scope: "col", class: "number" }, counts), el("th", { scope: "col", class: "number" }, sum));
  return el("div", { class: "steps", role: "region", "aria-label": title, tabindex: rows.length > 12 ? "0" : null, "data-name": `steps ${one.clock}` },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}

function tried(row, words) {
  return el("li", { class: row.outcome }, el("code", {}, words.name), ` ${words.said}`);
}

// -- counted time left: it runs down in the hours that count, and stands still outside them ---------------------

function left(one, at) { // seconds
  const ahead = one.steps.filter((step) => step.ahead && step.counted_seconds);
  if (one.state !== "running" || !ahead.length) return one.remaining_seconds;
  return ahead.reduce((sum, step) => sum + Math.max(Date.parse(step.end) - Math.max(Date.parse(step.start), at), 0), 0) / 1000;
}

function duration(seconds, units) { // as the explanation writes it; seconds only within the hour
  const total = Math.floor(Math.abs(seconds));
  const rest = total < 3600 ? total % 60 : 0;
  const parts = [[Math.floor(total / 3600), units.hour], [Math.floor(total / 60) % 60, units.minute], [rest, units.second]];
  const said = parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`).join(" ");
  return (seconds < 0 && total ? "\u2212" : "") + (said || `0 ${units.minute}`);
}

const ENGLISH = { hour: "h", minute: "min", second: "s" };

function tick(at = Date.parse(told?.at)) {
  for (const one of told?.clocks ?? []) {
    if (!one.words.left || one.remaining_seconds === null) continue;
    const seconds = left(one, at);
    const here = clocks.querySelector(`[data-clock="${one.clock}"] .left`);
    put(here, one.words.left.form.replace("{left}", () => duration(seconds, one.words.left.units)));
    // On the promise too, where it says more than the time by the wall.
    const wall = one.due_at ? (Date.parse(one.due_at) - at) / 1000 : null;
    const more = one.state === "paused" || (one.state === "running" && Math.abs(wall - seconds) > 1);
    const coverage = one.target.coverage_titles.en ?? one.target.coverage;
    put(document.querySelector(`.in-hours[data-clock="${one.clock}"]`), more ? `${duration(seconds, ENGLISH)} in ${coverage}` : "");
  }
}

function put(where, text) {
  if (where && where.textContent !== text) where.textContent = text;
}

document.addEventListener("slad:tick", (event) => tick(event.detail));

choose(chosen());
if (panel.open) ask();

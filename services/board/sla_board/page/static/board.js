// Follows a page live: the server sends rendered rows and absolute instants, the browser only lets the time left tick.

const body = document.body;
const $ = (id) => document.getElementById(id);
const SILENCE_MS = 12000; // heartbeats come every second
const RECONNECT_MS = 3000;

// -- time: the server's clock, which may run faster than ours (demo) ---------------------------------------

const samples = []; // [server, own] in ms: four, a heartbeat apart
let base; // the latest one

function learn(instant) {
  base = [Date.parse(instant), performance.now()];
  if (samples.length && base[1] - samples[samples.length - 1][1] < 900) return;
  samples.push(base);
  if (samples.length > 4) samples.shift();
}

function speed() { // the median of the last gaps: one leap of a steered clock must not make ours race
  const rates = samples.slice(1).map(([server, own], n) => (server - samples[n][0]) / (own - samples[n][1]));
  const median = rates.sort((a, b) => a - b)[rates.length >> 1] ?? 1;
  return Math.abs(median - 1) < 0.05 ? 1 : median;
}

function now() {
  return base[0] + (performance.now() - base[1]) * speed();
}

function span(ms) { // the same words as sla_board.shown.word.span
  const total = Math.floor(Math.abs(ms) / 1000);
  const sign = ms < 0 && total ? "\u2212" : "";
  const [d, h, m, s] = [Math.floor(total / 86400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60];
  const two = (n) => String(n).padStart(2, "0");
  if (d >= 2) return `${sign}${d}d ${h}h`;
  if (total >= 3600) return `${sign}${d * 24 + h}h ${two(m)}m`;
  return m ? `${sign}${m}m ${two(s)}s` : `${sign}${s}s`;
}

function moved(at, { since, until }) { // counted time moves between these instants only
  const from = since ? Math.max(at, Date.parse(since)) : at;
  return until ? Math.min(from, Date.parse(until)) : from;
}

function tick() {
  if (paused) return;
  const at = now();
  for (const time of document.querySelectorAll("time.ticking")) {
    const text = span(Date.parse(time.dateTime) - moved(at, time.dataset));
    if (time.textContent !== text) time.textContent = text;
  }
  $("clock").textContent = new Date(at).toISOString().replace("T", " ").slice(0, 19) + " UTC";
  document.dispatchEvent(new CustomEvent("slad:tick", { detail: at })); // the server's clock, for other scripts of the page
}

// -- changes: only rows whose mark differs are touched, so focus and selection survive ----------------------

const holder = document.createElement("template");

function parse(html) {
  holder.innerHTML = html; // rendered by the server with autoescape
  return holder.content;
}

function showRows(order, changed) {
  const rows = $("rows");
  const before = conditions(rows);
  const wanted = order.map((id) => {
    const old = $(id);
    if (!(id in changed)) return old;
    const fresh = parse(changed[id]).firstElementChild;
    if (!old) return fresh;
    if (old.dataset.v !== fresh.dataset.v) renew(old, fresh);
    return old;
  });
  const kept = new Set(wanted);
  const focused = document.activeElement?.closest("tr");
  const place = wanted.indexOf(focused);
  let lost = null;
  for (const row of [...rows.children]) {
    if (kept.has(row)) continue;
    if (row === focused) lost = rows.children[row.sectionRowIndex + 1] ?? row.previousElementSibling;
    row.remove();
  }
  if (wanted.some((row, n) => rows.children[n] !== row)) {
    // The focused row stays where it is in the document: moving it would take the focus away.
    wanted.forEach((row, n) => {
      if (n < place) focused.before(row);
      else if (n > place) rows.append(row);
    });
  }
  lost?.querySelector("a.open")?.focus({ preventScroll: true });
  announce(before, rows);
}

function renew(old, fresh) {
  const inside = old.contains(document.activeElement) && document.activeElement.className;
  for (const { name, value } of [...fresh.attributes]) old.setAttribute(name, value);
  old.replaceChildren(...fresh.childNodes);
  old.classList.add("changed");
  if (inside) (old.querySelector(`a.${inside}`) ?? old.querySelector("a.open"))?.focus({ preventScroll: true });
}

function showFile(html) {
  const file = $("file");
  const before = conditions(file);
  const old = new Map([...file.children].map((part) => [partName(part), part]));
  let place = file.firstElementChild;
  for (const fresh of [...parse(html).children]) {
    const part = old.get(partName(fresh));
    old.delete(partName(fresh));
    if (!part) {
      file.insertBefore(fresh, place);
      continue;
    }
    // Sections that did not change keep focus and selection; the explanation looks after itself.
    const kept = part.id === "why" || part.isEqualNode(fresh);
    if (!kept) replacePart(part, fresh);
    place = (kept ? part : fresh).nextElementSibling;
  }
  for (const part of old.values()) part.remove();
  announce(before, file);
  document.dispatchEvent(new Event("slad:changed"));
}

const partName = (part) => part.getAttribute("aria-labelledby") ?? part.tagName;

function replacePart(part, fresh) {
  const open = part.querySelector("details")?.open;
  const active = part.contains(document.activeElement) ? document.activeElement : null;
  const focus = active?.closest("a, summary");
  const name = focus && (focus.getAttribute("href") ?? "summary");
  const forms = [...part.querySelectorAll("form")].filter(inUse);
  part.replaceWith(fresh);
  for (const form of forms) {
    const place = [...fresh.querySelectorAll("form")].find((one) => one.getAttribute("action") === form.getAttribute("action"));
    place?.replaceWith(form);
    if (place && form.contains(active)) active.focus({ preventScroll: true });
  }
  if (open) fresh.querySelector("details")?.setAttribute("open", "");
  if (name) [...fresh.querySelectorAll("a, summary")].find((el) => (el.getAttribute("href") ?? "summary") === name)?.focus({ preventScroll: true });
}

// What a reader has begun to fill in, and what came of it, survives the changes of the page around it.
function inUse(form) {
  const changed = (field) => field.options
    ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected))
    : "defaultValue" in field && field.value !== field.defaultValue;
  return form.contains(document.activeElement) || [...form.elements].some(changed) || Boolean(form.querySelector('[role="status"]')?.textContent);
}

// -- words for screen readers: transitions only, never the countdown ----------------------------------------

const WORDS = { breached: "is breached", warned: "is close to its due time", paused: "is paused", outside: "is outside its hours", running: "is running again" };

function conditions(root) {
  return new Map([...root.querySelectorAll("[data-condition]")].map((el) => [el.id, el.dataset.condition]));
}

function announce(before, root) {
  const said = [];
  for (const el of root.querySelectorAll("[data-condition]")) {
    const was = before.get(el.id);
    const is = el.dataset.condition;
    if (was !== is && (was || is === "breached" || is === "warned")) said.push(`${el.dataset.say} ${WORDS[is]}`);
  }
  if (said.length) $("announce").textContent = said.slice(0, 3).join(". ") + (said.length > 3 ? `. And ${said.length - 3} more` : "");
}

// -- frames ------------------------------------------------------------------------------------------------

let paused = false;

function showFrame(frame) {
  document.title = frame.title;
  if (frame.order) {
    showRows(frame.order, frame.rows);
    for (const [slug, count] of Object.entries(frame.counts)) {
      $(`count-${slug}`).textContent = count;
      $(`count-${slug}`).parentElement.dataset.count = count;
    }
    $("showing").textContent = `${frame.shown} of ${frame.open} open`;
    $("empty").hidden = frame.shown > 0;
    const icon = $("favicon");
    icon.href = frame.breached ? icon.dataset.breached : icon.dataset.calm;
  } else {
    showFile(frame.html);
  }
  tick();
}

// -- the link ----------------------------------------------------------------------------------------------

let source = null;
let known = body.dataset.frame;
let heard = performance.now();
let fresh = Date.parse(body.dataset.now); // the server instant of the last word from it
let behind = 0;

function connect() {
  source?.close();
  const glue = body.dataset.stream.includes("?") ? "&" : "?";
  source = new EventSource(`${body.dataset.stream}${glue}known=${encodeURIComponent(known)}`);
  source.addEventListener("page", (event) => {
    const frame = JSON.parse(event.data);
    hear(frame);
    if (paused) return; // resuming asks for everything since the frame that is shown
    if (frame.before && frame.before !== known) {
      known = "";
      connect(); // a difference to something else than what is shown: ask for the whole
      return;
    }
    known = event.lastEventId;
    showFrame(frame);
  });
  source.addEventListener("beat", (event) => hear(JSON.parse(event.data)));
  source.addEventListener("trouble", (event) => {
    heard = performance.now();
    learn(JSON.parse(event.data).now); // time ticks on, but what is shown is as old as the last good word
    status("trouble");
  });
  source.onerror = () => status("lost");
}

function hear(message) {
  heard = performance.now();
  fresh = Date.parse(message.now);
  behind = message.lag ?? behind;
  learn(message.now);
  status("live");
}

function status(state) {
  const word = { live: "Live", lost: "Connection lost", trouble: "Not live", connecting: "Connecting" }[state];
  $("link").dataset.state = paused && state === "live" ? "paused" : state;
  $("link-word").textContent = paused && state === "live" ? "Updates paused" : word;
  const stale = $("stale");
  const lost = state === "lost";
  const trouble = state === "trouble";
  stale.hidden = !lost && !trouble && behind < 100;
  const asOf = `States are as of ${new Date(fresh).toISOString().slice(11, 19)} UTC`;
  const text = trouble
    ? `Not live: the server cannot renew this page just now and keeps trying. ${asOf}. Due times still hold.`
    : lost
    ? `Connection lost. ${asOf}; reconnecting. Due times still hold.`
    : `The board is catching up: ${behind} events are still to be read.`;
  if (!stale.hidden && stale.textContent !== text) stale.textContent = text;
  if (lost && body.dataset.link !== "lost") $("announce").textContent = "Connection lost. The board shows old states.";
  if (trouble && body.dataset.link !== "trouble") $("announce").textContent = "Not live. The board shows old states.";
  body.dataset.link = state;
}

function watch() {
  const silent = performance.now() - heard;
  if (silent > SILENCE_MS) status("lost");
  // A refused stream is closed for good by the browser; a silent one may hang in a dead connection.
  if (source.readyState === EventSource.CLOSED || silent > SILENCE_MS + RECONNECT_MS) {
    heard = performance.now() - SILENCE_MS;
    connect();
  }
}

function setPaused(wanted) {
  paused = wanted;
  $("pause").setAttribute("aria-pressed", String(paused));
  $("pause").textContent = paused ? "Resume updates" : "Pause updates";
  status(body.dataset.link ?? "connecting");
  if (!paused) connect();
  tick();
}

// -- keys --------------------------------------------------------------------------------------------------

function move(step) {
  const links = [...document.querySelectorAll("#rows a.open")];
  const at = links.findIndex((link) => link.closest("tr") === document.activeElement?.closest("tr"));
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)];
  next?.focus();
  next?.closest("tr").scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && typing) typing.blur();
  if (typing) return;
  const act = { j: () => move(1), k: () => move(-1), "/": () => $("search")?.focus(), p: () => $("pause")?.click() }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

for (const select of document.querySelectorAll(".filter select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
document.querySelector(".filter")?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name); // short addresses to share
});

// -- begin -------------------------------------------------------------------------------------------------

if (body.dataset.stream) {
  learn(body.dataset.now);
  tick();
  setInterval(tick, 250);
  setInterval(watch, 1000);
  $("pause").hidden = false;
  $("pause").addEventListener("click", () => setPaused(!paused));
  if ($("count-breached") && $("count-breached").textContent !== "0") $("favicon").href = $("favicon").dataset.breached;
  connect();
}

// The page of the sources: asks ingest again and again, and says so when there is no answer.

const { el, span, utc, ask } = globalThis.slad;
const $ = (id) => document.getElementById(id);
const EVERY_MS = 20000;
const OUTCOMES = ["accepted", "ignored", "parked", "refused"];
let told = null;

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "use"));
  use.setAttribute("href", `#i-${name}`);
  return svg;
}

function connect(one) {
  const path = `/sources/connect/${encodeURIComponent(one.dialect)}?source=${encodeURIComponent(one.source)}`;
  return el("a", { href: path, "aria-label": `How to connect ${one.source}` }, "how to connect");
}

function state(one) {
  if (one.silent) return el("span", { class: "tone-breached" }, icon("breached"), " Silent too long");
  if (one.last_at === null) return el("span", {}, el("span", { class: "tone-quiet" }, icon("outside"), " Never heard"), " ", connect(one));
  if (one.expected_silence_seconds === null) return el("span", { class: "tone-quiet" }, icon("running"), " Heard, rhythm not known yet");
  return el("span", { class: "tone-good" }, icon("met"), " Heard");
}

function silence(one) {
  if (one.last_at === null) return [el("span", { class: "quiet" }, "no delivery is kept")];
  const limit = one.expected_silence_seconds;
  const why = limit === null ? `${one.assumption}.` : `At most ${span(limit)} is expected: ${one.assumption}.`;
  return [el("span", { class: one.silent ? "tone-breached" : null }, span(one.silent_seconds)), el("small", {}, why)];
}

function outcomes(one) {
  if (one.last_day === null) return [el("span", { class: "quiet" }, "more than are read for one contract")];
  const names = [...OUTCOMES, ...Object.keys(one.last_day).filter((name) => !OUTCOMES.includes(name))];
  const found = names.filter((name) => one.last_day[name]);
  if (!found.length) return [el("span", { class: "quiet" }, "none")];
  const parts = found.map((name) => el("li", { class: name === "parked" || name === "refused" ? "tone-warned" : null }, `${one.last_day[name]} ${name}`));
  return [el("ul", { class: "plain" }, ...parts), el("small", {}, `${one.per_hour} an hour`)];
}

function unproven(one) {
  const found = Object.entries(one.unproven ?? {});
  if (!found.length) return [];
  const count = found.reduce((sum, [, each]) => sum + each, 0);
  const why = found.map(([reason, each]) => `${each}: ${reason}`).join("; ");
  return [el("p", { class: "tone-warned unproven" }, `${count} with a bad proof`), el("small", {}, `${why}; the last at ${utc(one.unproven_at)}.`)];
}

function remarks(one) {
  const found = Object.entries(one.remarks).sort((a, b) => b[1] - a[1]);
  if (!found.length) return [el("span", { class: "quiet" }, "none")];
  return [el("ul", { class: "plain" }, ...found.map(([code, count]) => el("li", {}, `${count} × ${code.replaceAll("_", " ").replaceAll("-", " ")}`)))];
}

function waiting(one) {
  if (one.waiting === null) return [el("span", { class: "quiet", title: "Of what was not understood nobody knows whose it is." }, "—")];
  if (!one.waiting) return ["0"];
  const path = `/sources/${encodeURIComponent(one.source)}/parked`;
  return [el("a", { href: path, class: "tone-warned", "aria-label": `${one.waiting} parked: look at them` }, String(one.waiting))];
}

function row(one) {
  const cell = (head, content, kind = "") => el("td", { "data-head": head, class: kind || null }, ...content);
  return el("tr", { class: one.silent ? "silent" : null },
    el("th", { scope: "row" }, el("bdi", {}, one.source), el("small", {}, one.dialect)),
    cell("State", [state(one)]),
    cell("Last delivery", [one.last_at === null ? el("span", { class: "quiet" }, "never") : el("time", { datetime: one.last_at }, utc(one.last_at))], "at"),
    cell("Silence", silence(one), "silence"),
    cell("In 24 hours", [...outcomes(one), ...unproven(one)]),
    cell("Lag", [one.lag_seconds === null ? el("span", { class: "quiet" }, "—") : span(one.lag_seconds)], "number"),
    cell("Parked", waiting(one), "number"),
    cell("Remarks", remarks(one)));
}

function say(text, trouble = false) {
  const state = $("state");
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("trouble", trouble);
  $("again").hidden = !trouble;
}

function show(answer) {
  const before = new Set((told?.sources ?? []).filter((one) => one.silent).map((one) => one.source));
  const silent = answer.sources.filter((one) => one.silent);
  const fresh = told ? silent.filter((one) => !before.has(one.source)) : [];
  told = answer;
  if (fresh.length) $("announce").textContent = `Silent too long: ${fresh.map((one) => one.source).join(", ")}`;
  document.title = silent.length ? `(${silent.length}) Sources · slad` : "Sources · slad";
  $("favicon").href = silent.length ? $("favicon").dataset.breached : $("favicon").dataset.calm;
  if (answer.contract !== null) $("of").textContent = `The ticketing systems that sent for the contract ${answer.contract}; its deliveries alone count here.`;
  $("unproven-since").textContent = utc(answer.unproven_since);
  $("clock").dateTime = answer.at;
  $("clock").textContent = utc(answer.at);
  const none = answer.contract === null ? "The catalogue has no sources yet: connect a system." : "Among the latest deliveries none was for this contract.";
  say(answer.sources.length ? "" : none);
  $("sheet").hidden = $("legend").hidden = !answer.sources.length;
  const order = [...answer.sources].sort((a, b) => b.silent - a.silent || (a.source < b.source ? -1 : 1));
  $("rows").replaceChildren(...order.map(row));
}

async function renew() {
  try {
    show(await ask("/v1/sources"));
  } catch (error) {
    say(told ? `${error.message} What follows is as of ${utc(told.at)}.` : error.message, true);
  }
}

$("again").addEventListener("click", renew);
await renew();
setInterval(() => { if (!document.hidden) renew(); }, EVERY_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });

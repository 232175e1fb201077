// What the pages share that ask a service under the reader's own key: elements of text, lengths of time, and the answer
// or a sentence that says why there is none. It is given to the scripts after it as `slad`.

const PATIENCE_MS = 20000;

function el(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...content.filter((part) => part !== null)); // strings become text nodes, never markup
  return made;
}

function span(seconds) { // the same words as sla_board.shown.word.span_text
  const total = Math.floor(Math.abs(seconds));
  const sign = seconds < 0 && total ? "\u2212" : "";
  const [d, h, m, s] = [Math.floor(total / 86400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60];
  const two = (n) => String(n).padStart(2, "0");
  if (d >= 2) return `${sign}${d}d ${h}h`;
  if (total >= 3600) return `${sign}${d * 24 + h}h ${two(m)}m`;
  return m ? `${sign}${m}m ${two(s)}s` : `${sign}${s}s`;
}

const utc = (instant) => `${new Date(instant).toISOString().replace("T", " ").slice(0, 19)} UTC`;

const SAID = { 401: "An API key is needed: it is the password that the browser asks for, under any name.",
  403: "Your key does not allow this." };

// The JSON of an answer. A refusal or silence throws an Error with a sentence for the reader, and `status` if there is one.
async function ask(path, order = {}) {
  const given = new AbortController();
  const patience = setTimeout(() => given.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(path, { credentials: "same-origin", cache: "no-store", signal: given.signal,
      ...order, headers: { accept: "application/json", ...order.headers } });
    if (answer.ok) return await answer.json();
    const problem = await answer.json().catch(() => ({}));
    const spots = (problem.errors ?? []).map((one) => (one.pointer ? `${one.pointer}: ${one.detail}` : one.detail));
    const said = [SAID[answer.status] ?? null, spots.length ? null : problem.detail ?? null, ...spots].filter(Boolean).join("\n");
    throw Object.assign(new Error(said || `ingest answers ${answer.status}.`), { status: answer.status });
  } catch (error) {
    if (error.status) throw error;
    throw new Error("Ingest does not answer.");
  } finally {
    clearTimeout(patience);
  }
}

globalThis.slad = { el, span, utc, ask };

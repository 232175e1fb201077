// The page over the parked deliveries of a source: tries a draft, shows the outcomes before and after, replays.
// Every word of a delivery is put on the page as text, never as markup.

const { el, utc, ask } = globalThis.slad;
const $ = (id) => document.getElementById(id);
const source = document.body.dataset.source;
const base = `/v1/sources/${encodeURIComponent(source)}`;
const TONES = { accepted: "tone-good", ignored: "tone-quiet", worked: "tone-good", parked: "tone-warned", refused: "tone-breached" };
const WAITS = new Set(["parked", "refused"]);
let force = null; // the answer for the source in force
let shown = null; // the answer that is on the page
let asking = 0;

function say(id, text, trouble = false) {
  const place = $(id);
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("trouble", trouble);
}

const word = (outcome) => el("span", { class: TONES[outcome] ?? null }, outcome);

function outcome(one) {
  const parts = [word(one.outcome), el("span", {}, one.text ? `: ${one.text}` : "")];
  const odd = one.remarks.map((text) => el("small", { class: "remark" }, `remark: ${text}`));
  return el("span", { class: "outcome" }, ...parts, ...odd);
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body; // no JSON, or shortened
  }
}

function values(one) {
  const names = [...Object.keys(one.found), ...Object.keys(one.failed).filter((name) => !(name in one.found))];
  if (!names.length) return null;
  const rows = names.map((name) => {
    const failed = one.failed[name];
    const value = failed ?? one.found[name];
    const nothing = failed === undefined && value === "null";
    return el("tr", { class: failed ? "failed" : null },
      el("th", { scope: "row" }, name, one.applied.includes(name) ? el("small", { class: "tone-good" }, " applies") : null),
      el("td", { class: failed ? "tone-breached" : nothing ? "quiet" : null }, failed ? `failed: ${failed}` : nothing ? "found nothing" : value));
  });
  return el("table", { class: "found" }, el("caption", {}, "What the map finds"), el("tbody", {}, ...rows));
}

function delivery(one, open) {
  const turn = one.changed
    ? el("span", { class: "turn" }, outcome(one.before), el("span", { "aria-hidden": "true" }, " → "), el("span", { class: "unseen" }, " becomes "), outcome(one.after))
    : outcome(one.after);
  const head = el("summary", {}, el("time", { datetime: one.received_at }, utc(one.received_at)), " ", turn);
  const inner = one.body === null ? [el("p", { class: "quiet" }, "Older: its outcome alone is shown.")] : [
    values(one), el("h3", {}, "What came"), el("pre", { tabindex: "0" }, pretty(one.body))];
  const fold = el("details", { open, "data-id": one.id }, head, ...inner.filter(Boolean));
  return el("li", { id: `d-${one.id}`, class: one.changed && !WAITS.has(one.after.outcome) ? "understood" : null }, fold);
}

function turns(answer) {
  if (!answer.turns.length) return [];
  const rows = answer.turns.map((one) => el("tr", {}, el("td", {}, word(one.before)), el("td", {}, word(one.after)), el("td", { class: "number" }, String(one.count))));
  const head = ["Now", "By the draft", "How many"].map((name, n) => el("th", { scope: "col", class: n === 2 ? "number" : null }, name));
  return [el("table", { class: "sheet turns" }, el("caption", { class: "unseen" }, "Outcomes before and after"), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows))];
}

const understood = (answer) => answer.deliveries.filter((one) => !WAITS.has(one.before.outcome));

function show(answer) {
  const opened = shown === null ? null : new Set([...document.querySelectorAll("#deliveries details[open]")].map((one) => one.dataset.id));
  shown = answer;
  $("commit").textContent = answer.commit;
  const tried = answer.deliveries.length;
  const all = answer.waiting === 1 ? "1 delivery waits" : `${answer.waiting} deliveries wait`;
  say("counts", answer.waiting ? `${all}${tried < answer.waiting ? `; the newest ${tried} are shown` : ""}.` : "No delivery waits.");
  $("turns").replaceChildren(...turns(answer));
  const ready = understood(answer).length;
  $("replay").hidden = $("replay-help").hidden = ready === 0;
  $("replay").textContent = ready === 1 ? "Replay the one that is understood now" : `Replay the ${ready} that are understood now`;
  $("deliveries").replaceChildren(...answer.deliveries.map((one, n) => delivery(one, opened === null ? n === 0 : opened.has(one.id))));
}

async function load() {
  say("state", force ? "" : "Asking …");
  $("again").hidden = true;
  try {
    force = await ask(`${base}/parked`);
    if ($("draft").value === "") $("draft").value = force.draft;
    $("whole").hidden = false;
    say("state", "");
    if ($("draft").value.trim() === force.draft.trim()) show(force);
    else await attempt();
  } catch (error) {
    say("state", error.status === 404 ? `The catalogue in force has no source ${source}.` : error.message, true);
    $("again").hidden = false;
  }
}

async function attempt() {
  const mine = ++asking;
  say("draft-state", "Trying …");
  try {
    const answer = await ask(`${base}/trial`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ draft: $("draft").value }) });
    if (mine !== asking) return;
    show(answer);
    const changed = answer.deliveries.filter((one) => one.changed).length;
    say("draft-state", `The draft is sound. It changes the outcome of ${changed} of ${answer.deliveries.length}.`);
    $("draft").removeAttribute("aria-invalid");
  } catch (error) {
    if (mine !== asking) return;
    say("draft-state", error.message.replaceAll("/draft: ", ""), true);
    $("draft").setAttribute("aria-invalid", "true");
  }
}

async function replay() {
  const ready = understood(shown);
  $("replay").disabled = true;
  let done = 0;
  const failed = [];
  for (const one of ready) {
    say("replay-state", `Replaying ${done + failed.length + 1} of ${ready.length} …`);
    try {
      await ask(`/v1/parked/${encodeURIComponent(one.id)}/replay`, { method: "POST" });
      done += 1;
    } catch (error) {
      if (error.status === 409) done += 1; // somebody else was faster
      else failed.push(error.message);
      if (error.status === undefined) break; // nobody answers: the others would wait in vain
    }
  }
  $("replay").disabled = false;
  say("replay-state", failed.length ? `${done} replayed, ${ready.length - done} not: ${failed[0]}` : `${done} replayed.`, failed.length > 0);
  await load();
}

$("draft-form").addEventListener("submit", (event) => { event.preventDefault(); attempt(); });
$("draft").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); attempt(); }
});
$("reset").addEventListener("click", () => { $("draft").value = force.draft; say("draft-state", ""); $("draft").removeAttribute("aria-invalid"); show(force); $("draft").focus(); });
$("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText($("commit").textContent);
    $("copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren($("commit")); // where the browser gives no clipboard, as without TLS
    $("copied").textContent = "Selected: copy it with your keyboard.";
  }
});
$("replay").addEventListener("click", replay);
$("again").addEventListener("click", load);
await load();

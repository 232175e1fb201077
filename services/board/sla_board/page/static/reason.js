// A breach is explained from its incident's page, by the board's own API under the reader's key. The browser adds the
// key it already has for this page, or asks for one; the page itself keeps none.

const file = document.getElementById("file");
const PATIENCE_MS = 10000;

file.addEventListener("submit", (event) => {
  const form = event.target.closest("form.explain");
  if (!form) return;
  event.preventDefault();
  explain(form);
});

async function explain(form) {
  const button = form.querySelector("button");
  const say = (text, trouble = false) => {
    const state = form.querySelector(".reason-state");
    state.textContent = text;
    state.classList.toggle("trouble", trouble);
  };
  const given = new AbortController();
  const patience = setTimeout(() => given.abort(), PATIENCE_MS);
  const value = (name) => form.elements[name].value.trim();
  button.disabled = true;
  say("Writing it down …");
  try {
    const answer = await fetch(form.action, {
      method: "PUT", credentials: "same-origin", signal: given.signal, cache: "no-store",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify({ code: value("code"), text: value("text"), by: value("by") }),
    });
    if (answer.status === 422) throw (await answer.json()).errors?.[0]?.detail ?? 422;
    if (!answer.ok) throw answer.status;
    const { changed } = await answer.json();
    say(changed ? "Written down." : "That was said already.");
  } catch (error) {
    const reason = typeof error === "string" ? `${error}.` : { 401: "An API key with the scope ack is needed: it is the password that the browser asks for, under any name.",
      403: "Your key may look and not explain: it lacks the scope ack.",
      404: "Your key does not cover this breach.", 409: "It is no breach any more." }[error] ?? "The board does not answer.";
    say(`Not written down. ${reason}`, true);
  } finally {
    button.disabled = false;
    clearTimeout(patience);
  }
}

// An open alert is acknowledged from its incident's page, by the notifier's API under the reader's own
// key. The browser adds the key it already has for this page, or asks for one; the page itself keeps none.

const file = document.getElementById("file");
const PATIENCE_MS = 10000;

file.addEventListener("submit", (event) => {
  const form = event.target.closest("form.answer");
  if (!form) return;
  event.preventDefault();
  acknowledge(form);
});

async function acknowledge(form) {
  const button = form.querySelector("button");
  const say = (text, trouble = false) => {
    const state = form.querySelector(".answer-state");
    state.textContent = text;
    state.classList.toggle("trouble", trouble);
  };
  const given = new AbortController();
  const patience = setTimeout(() => given.abort(), PATIENCE_MS);
  button.disabled = true;
  say("Asking the notifier …");
  try {
    const answer = await fetch(form.action, {
      method: "POST", credentials: "same-origin", signal: given.signal, cache: "no-store",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify({ by: form.elements.by.value.trim() }),
    });
    if (!answer.ok) throw answer.status;
    const { answer: came, alert } = await answer.json();
    say({ done: "Acknowledged: nobody else is paged.", closed: "It has ended meanwhile: there is nothing left to do.",
      already: `Already acknowledged by ${alert.acknowledged_by}.` }[came] ?? came);
  } catch (error) {
    const reason = { 401: "An API key with the scope ack is needed: it is the password that the browser asks for, under any name.",
      403: "Your key may look and not acknowledge: it lacks the scope ack.",
      404: "The notifier does not know this alert any more." }[error] ?? "The notifier does not answer.";
    say(`Not acknowledged. ${reason}`, true);
    button.disabled = false;
  } finally {
    clearTimeout(patience);
  }
}

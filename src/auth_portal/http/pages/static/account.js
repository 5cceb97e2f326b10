/** The account: nothing private is drawn before the server has said who is here. @module */

import { AuthError } from "./client.js";
import { showDevices, wakeDevices } from "./devices.js";
import { sentenceOf } from "./errors.js";
import { showEvents, wakeEvents } from "./events.js";
import { wakeLeaving } from "./leave.js";
import { showMethods, wakeMethods } from "./methods.js";
import { client, find, land, language, speak, spoken, toast } from "./page.js";
import { wakePeeks } from "./password.js";
import { showProfile, showProof, wakeProfile } from "./profile.js";

const account = find("#account");
const waiting = find("#waiting");
const away = find("#away");
const signOut = find("#sign-out");
let leaving = false;

/** To the sign-in, once: the event of a sign-out and whoever noticed it both ask for it. */
function start() {
  if (!leaving) location.replace(`/auth/login${location.hash}`);
  leaving = true;
}

/** @param {HTMLElement} part the only one of the three that is seen */
function reveal(part) {
  for (const other of [account, waiting, away]) other.hidden = other !== part;
  signOut.hidden = part !== account;
}

async function draw() {
  reveal(waiting);
  try {
    const person = await client.restore();
    if (!person) return start();
    const own = spoken(person.locale);
    if (own && own !== language) return speak(own);
    showProfile(person);
    await Promise.all([showDevices(), showMethods(person), showEvents()]);
    reveal(account);
    const wanted = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    wanted?.querySelector("details")?.setAttribute("open", "");
    wanted?.scrollIntoView();
  } catch (error) {
    if (error instanceof AuthError && error.status === 401) return start();
    fail(error);
  }
}

/** @param {unknown} error the server was not reached, or had no time */
function fail(error) {
  find("#away-cause").textContent = sentenceOf(error);
  reveal(away);
  land(find("h1", away));
}

/** Back at this tab: the session may have been ended elsewhere, the address confirmed, somebody else be here. */
async function lookAgain() {
  const before = client.user;
  if (document.visibilityState !== "visible" || account.hidden || !before) return;
  const person = await client.restore().catch(() => before); // null: "signed-out" has been told
  if (person && person.id !== before.id) {
    blank();
    await draw();
  } else if (person) showProof(person);
}

/** Take everything private off the page: it may come back out of the back/forward cache. */
function blank() {
  reveal(waiting);
  for (const id of ["device-list", "event-list"]) find(`#${id}`).replaceChildren();
  find("#method-list").replaceChildren(find("#password-method"));
  /** @type {HTMLDialogElement} */ (find("#ask")).close();
  toast("");
  for (const id of ["greeting", "address", "email-now", "initials", "password-now"]) find(`#${id}`).textContent = "";
  for (const form of document.querySelectorAll("form")) form.reset();
}

wakePeeks();
wakeProfile();
wakeDevices();
wakeMethods();
wakeEvents();
wakeLeaving();
find("#again").addEventListener("click", async () => {
  await draw();
  if (!account.hidden) land(find("#main"));
});
addEventListener("visibilitychange", lookAgain);
signOut.addEventListener("click", async () => {
  signOut.setAttribute("disabled", "");
  try {
    await client.signOut();
  } catch (error) {
    fail(error);
  } finally {
    signOut.removeAttribute("disabled");
  }
});
client.addEventListener("signed-out", () => {
  blank();
  start();
});
addEventListener("pagehide", blank);
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  void draw();
});
for (const link of document.querySelectorAll("[data-language]")) {
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const code = link.getAttribute("hreflang") ?? language;
    await client.call("PATCH", "/auth/me", { locale: code }).catch(() => null);
    speak(code);
  });
}
await draw();

/** What every page has: the client, the sentences, the parts that are shown in turn. @module */

import { AuthClient } from "./client.js";

const root = document.documentElement;

export const language = root.lang;
export const client = new AuthClient({ api: root.dataset.api });

/** The server saw that no session can be here: nobody needs to be asked for. */
export const nobody = "nobody" in root.dataset;

/** @type {Record<string, string>} */
const sentences = (await import(`./strings.${language}.js`)).default;

/**
 * A sentence in the page's language.
 * @param {string} sentence in English, with {names} @param {Record<string, string|number>} [names]
 * @returns {string}
 */
export function t(sentence, names = {}) {
  return (sentences[sentence] ?? sentence).replace(/\{(\w+)\}/g, (whole, name) => String(names[name] ?? whole));
}

/** @template {HTMLElement} [T=HTMLElement] @param {string} selector @param {ParentNode} [within] @returns {T} */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`no ${selector}`);
  return /** @type {any} */ (found);
}

/** Show one state of the page and hide the others. @param {string} name */
export function show(name) {
  for (const part of document.querySelectorAll("[data-state]")) {
    const state = /** @type {HTMLElement} */ (part);
    state.hidden = state.dataset.state !== name;
    if (!state.hidden) land(state.querySelector("h1") ?? state);
  }
}

/** Put the focus on words, where the button that had it is gone. @param {HTMLElement} place */
export function land(place) {
  place.tabIndex = -1;
  place.focus();
}

/** @type {ReturnType<typeof setTimeout>|undefined} */
let passing;

/** Say something in passing; "" takes back what was said. @param {string} sentence */
export function toast(sentence) {
  const place = find("#toast");
  place.textContent = sentence;
  place.classList.toggle("shown", sentence !== "");
  clearTimeout(passing);
  passing = setTimeout(() => place.classList.remove("shown"), 6000);
}

/**
 * The language of these pages that a person reads; "" when they have none that we speak.
 * @param {string} [locale] BCP 47, such as `de-AT` @returns {string}
 */
export function spoken(locale) {
  const code = (locale ?? "").toLowerCase().split(/[-_]/)[0];
  return document.querySelector(`[data-language="${CSS.escape(code)}"]`) ? code : "";
}

/** Take a proof out of the address bar, so that it stays in no history. @param {string} name @returns {string} */
export function takeFromAddress(name) {
  const address = new URL(location.href);
  const value = address.searchParams.get(name) ?? "";
  for (const key of [...address.searchParams.keys()]) if (key !== "lang") address.searchParams.delete(key);
  history.replaceState(null, "", address.pathname + address.search);
  return value;
}

/** The page again, in another language. @param {string} code */
export function speak(code) {
  const address = new URL(location.href);
  address.searchParams.set("lang", code);
  location.replace(address);
}

/** Whoever is signed in already has no business here. */
export async function passOn() {
  if (nobody) return;
  const person = await client.restore().catch(() => null);
  if (person) location.replace(`/${location.hash}`);
}

function watchTheLine() {
  find("#offline").hidden = navigator.onLine;
}

addEventListener("online", watchTheLine);
addEventListener("offline", watchTheLine);
watchTheLine();

if (new URLSearchParams(location.search).has("lang") && !location.search.includes("hash")) {
  const address = new URL(location.href);
  address.searchParams.delete("lang");
  history.replaceState(null, "", address.pathname + address.search + address.hash);
}

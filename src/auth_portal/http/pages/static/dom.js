/** Rows from templates, dates in words. @module */

import { find, language, t } from "./page.js";

/** @param {string} id of the template @returns {HTMLElement} its first element, fresh */
export function fresh(id) {
  const template = /** @type {HTMLTemplateElement} */ (find(`#${id}`));
  return /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
}

const STEPS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([["day", 86_400], ["hour", 3600], ["minute", 60]]);

/** "5 minutes ago", and a date for what is more than a week old. @param {string} instant ISO 8601 @returns {string} */
export function ago(instant) {
  const seconds = (Date.now() - Date.parse(instant)) / 1000;
  if (seconds < 60) return t("just now");
  if (seconds > 7 * 86_400) return on(instant);
  const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? STEPS[2];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
}

const NAMED = /^(.+) on (Windows|macOS|Linux|Ubuntu|Fedora|Debian|ChromeOS|Android|iOS|iPhone|iPad|FreeBSD)$/;

/** What the server made of a user agent, in the page's language; names that people gave stay.
 * @param {string} name @returns {string} */
export function deviceName(name) {
  if (name === "Unknown device") return t("Unknown device");
  const [, browser, system] = NAMED.exec(name) ?? [];
  return system ? t("{browser} on {system}", { browser, system }) : name;
}

/** A day and a time. @param {string} instant ISO 8601 @returns {string} */
export function on(instant) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));
}

/** Facts beside one another; each keeps its own direction. @param {HTMLElement} place @param {(string|undefined)[]} facts */
export function beside(place, facts) {
  const parts = facts.filter(Boolean).flatMap((fact) => {
    const part = document.createElement("bdi");
    part.textContent = String(fact);
    return ["\u00a0· ", part];
  });
  place.replaceChildren(...parts.slice(1));
}

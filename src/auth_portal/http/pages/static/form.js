/** A form that talks to the API: checked here, sent once, its faults said where they are. @module */

import { AuthError } from "./client.js";
import { faultsOf, sentenceOf } from "./errors.js";
import { t } from "./page.js";

/** @typedef {Record<string, string>} Values */

/** The browser's own rule knows ASCII only; the server has the last word. */
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** @type {WeakMap<ParentNode, () => void>} forms that rest, and what ends it */
const resting = new WeakMap();

/**
 * Bring a form to life.
 * @param {HTMLFormElement} form
 * @param {(values: Values) => Promise<void>} send called with the fields by name
 * @param {(error: AuthError) => boolean} [settles] true: the page has dealt with this "no" itself
 */
export function bring(form, send, settles = () => false) {
  for (const button of form.querySelectorAll("button[data-wakes]")) button.removeAttribute("disabled");
  form.addEventListener("input", (event) => clear(/** @type {HTMLInputElement} */ (event.target)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true" || !check(form)) return;
    await whileBusy(form, async () => {
      try {
        await send(valuesOf(form));
      } catch (error) {
        if (!(error instanceof AuthError && settles(error))) say(form, error);
      }
    });
  });
}

/** @param {HTMLFormElement} form @param {() => Promise<void>} work */
async function whileBusy(form, work) {
  form.ariaBusy = "true";
  tell(form, "");
  try {
    await work();
  } finally {
    form.ariaBusy = "false";
  }
}

/** @param {HTMLFormElement} form @returns {Values} */
function valuesOf(form) {
  /** @type {Values} */
  const values = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string") values[name] = value;
  return values;
}

/** @param {HTMLFormElement} form @returns {HTMLInputElement[]} */
function inputsOf(form) {
  return /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input, select")]).filter(
    (input) => !input.closest("[hidden]") && !input.hidden,
  );
}

/** Mark every field that cannot be right; the first gets the focus. @param {HTMLFormElement} form */
export function check(form) {
  const wrong = inputsOf(form).filter((input) => {
    const fault = faultOf(input);
    mark(input, fault);
    return fault !== "";
  });
  wrong[0]?.focus();
  return wrong.length === 0;
}

/** @param {HTMLInputElement} input @returns {string} */
function faultOf(input) {
  const shortest = Number(input.dataset.shortest ?? 0);
  if (input.validity.valueMissing || (input.required && input.value.trim() === "")) return t("Please fill this in.");
  if (input.type === "email" && !ADDRESS.test(input.value.trim())) return t("This does not look like an e-mail address.");
  if ([...input.value].length < shortest) return t("Use at least {count} characters.", { count: shortest });
  return "";
}

/** @param {HTMLInputElement} input @param {string} fault "" clears it */
function mark(input, fault) {
  const place = document.getElementById(`${input.id}-error`);
  input.setAttribute("aria-invalid", String(fault !== ""));
  if (!place) return;
  place.textContent = fault;
  place.hidden = fault === "";
}

/** @param {HTMLInputElement} input */
function clear(input) {
  if (input.getAttribute("aria-invalid") === "true") mark(input, "");
}

/** Show a "no": at its fields, above the form, or as a count-down. @param {HTMLFormElement} form @param {unknown} error */
export function say(form, error) {
  const faults = faultsOf(error);
  const unplaced = [];
  for (const [name, fault] of Object.entries(faults).reverse()) {
    const input = inputsOf(form).find((candidate) => candidate.name === name);
    if (!input) unplaced.push(fault);
    else {
      mark(input, fault);
      input.focus();
    }
  }
  if (error instanceof AuthError && error.status === 429) countDown(form, error.retryAfter ?? 60);
  else tell(form, sentenceOf(error) || unplaced.join(" "));
}

/** @param {ParentNode} form @param {string} sentence "" hides it */
export function tell(form, sentence) {
  const place = /** @type {HTMLElement|null} */ (form.querySelector("[role=alert]"));
  if (!place) return;
  place.textContent = sentence;
  place.hidden = sentence === "";
}

/** Too many tries: the button rests until the time is over. @param {HTMLFormElement} form @param {number} seconds */
function countDown(form, seconds) {
  const buttons = [...form.querySelectorAll("button[type=submit]")];
  const place = /** @type {HTMLElement} */ (form.querySelector("[role=alert]"));
  const clock = document.createElement("b");
  const end = Date.now() + seconds * 1000;
  clock.setAttribute("role", "timer"); // read out with the sentence, but not again each second
  clock.className = "clock";
  place.replaceChildren(`${t("Too many tries. Please wait.")} `, clock);
  place.hidden = false;
  for (const button of buttons) button.setAttribute("disabled", "");
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let next;
  const wake = () => {
    clearTimeout(next);
    resting.delete(form);
    for (const button of buttons) button.removeAttribute("disabled");
    tell(form, "");
  };
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    clock.textContent = clockFace(Math.max(left, 0));
    if (left <= 0) return wake();
    next = setTimeout(tick, 250);
  };
  resting.set(form, wake);
  tick();
}

/** A form that is used for something else now: it neither rests nor complains. @param {HTMLFormElement} form */
export function calm(form) {
  resting.get(form)?.();
  for (const input of inputsOf(form)) clear(input);
  tell(form, "");
}

/** @param {number} seconds @returns {string} minutes and seconds */
function clockFace(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Password fields: show what is typed, say how strong it is. @module */

import { find, t } from "./page.js";
import { strengthOf } from "./strength.js";

/** @param {ParentNode} [within] */
export function wakePeeks(within = document) {
  for (const button of within.querySelectorAll("[data-peek]")) {
    const input = /** @type {HTMLInputElement} */ (document.getElementById(button.getAttribute("aria-controls") ?? ""));
    /** @param {boolean} open */
    const peek = (open) => {
      input.type = open ? "text" : "password";
      button.setAttribute("aria-pressed", String(open));
      button.setAttribute("aria-label", open ? t("Hide the password") : t("Show the password"));
    };
    button.addEventListener("click", () => peek(input.type === "password"));
    input.form?.addEventListener("reset", () => peek(false)); // what is typed next is covered
  }
}

/**
 * Keep the meter and the policy's lines up to date.
 * @param {string} id of the field @param {() => string[]} own the person's words, as they are just now
 */
export function meter(id, own) {
  const input = /** @type {HTMLInputElement} */ (find(`#${id}`));
  const place = find(`.strength[data-for="${id}"]`);
  const gauge = /** @type {HTMLMeterElement} */ (find("meter", place));
  const lines = find(`#${id}-policy`);
  const verdicts = [t("Too short"), t("Weak"), t("Fair"), t("Good"), t("Strong")];
  const update = () => {
    const words = [document.documentElement.dataset.app ?? "", ...own()].flatMap((word) => [word, ...word.split(/[@\s.]+/)]);
    const found = strengthOf(input.value, words, Number(input.dataset.shortest));
    const empty = input.value === "";
    const verdict = empty ? "" : verdicts[found.score];
    gauge.value = empty ? 0 : Math.max(found.score, 0.4);
    gauge.setAttribute("aria-valuetext", verdict);
    place.dataset.score = empty ? "" : String(found.score);
    const said = find(".verdict", place);
    if (said.textContent !== verdict) said.textContent = verdict;
    const kept = { length: found.long, own: found.foreign, plain: found.plain };
    for (const [rule, yes] of Object.entries(kept)) {
      find(`[data-rule=${rule}]`, lines).dataset.kept = empty ? "" : yes ? "yes" : "no";
    }
  };
  input.form?.addEventListener("input", update);
  input.form?.addEventListener("reset", () => setTimeout(update));
  update();
}

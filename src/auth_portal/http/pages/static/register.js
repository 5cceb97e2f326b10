/** The sign-up page. @module */

import { bring } from "./form.js";
import { client, find, passOn, show } from "./page.js";
import { meter, wakePeeks } from "./password.js";

const form = /** @type {HTMLFormElement} */ (find("[data-form]"));

/** @param {string} name @returns {string} what the field holds now */
function typed(name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value;
}

wakePeeks();
meter("password", () => ["firstName", "lastName", "email"].map(typed));
bring(form, async ({ firstName, lastName, email, password }) => {
  const person = await client.register({ firstName, lastName, email, password });
  if (person) return location.replace("/");
  find("[data-email]").textContent = email;
  show("sent");
});
await passOn();

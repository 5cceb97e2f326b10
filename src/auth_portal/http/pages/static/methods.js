/** Ways to sign in: the password and what is linked. @module */

import { ask } from "./ask.js";
import { beside, fresh, on } from "./dom.js";
import { sentenceOf } from "./errors.js";
import { tell } from "./form.js";
import { client, find, t, toast } from "./page.js";

/** @typedef {{id: string, provider: string, label?: string, email?: string, linkedAt: string}} Identity */

/** @param {import("./client.js").User} person */
export async function showMethods(person) {
  const { identities } = /** @type {{identities: Identity[]}} */ (await client.call("GET", "/auth/identities"));
  const password = find("#password-method");
  password.hidden = person.hasPassword === false;
  find("#method-list").replaceChildren(password, ...identities.map(row));
  const linked = new Set(identities.map((identity) => identity.provider));
  for (const item of document.querySelectorAll("#link-list [data-provider]")) {
    const offer = /** @type {HTMLElement} */ (item);
    offer.hidden = linked.has(offer.dataset.provider ?? "");
  }
}

/** @param {Identity} identity @returns {HTMLElement} */
function row(identity) {
  const place = fresh("method-row");
  const label = identity.label ?? identity.provider;
  find("[data-name]", place).textContent = label;
  beside(find("[data-detail]", place), [identity.email, t("linked {date}", { date: on(identity.linkedAt) })]);
  const button = find("[data-unlink]", place);
  button.setAttribute("aria-label", t("Unlink {name}", { name: label }));
  const question = { title: t("Unlink {name}?", { name: label }), text: t("You can then no longer sign in with it."), yes: t("Unlink") };
  button.addEventListener("click", () => ask(question, async () => {
    await client.call("DELETE", `/auth/identities/${encodeURIComponent(identity.id)}`);
    await showMethods(await client.reload());
    toast(t("{name} is unlinked.", { name: label }));
    return find("#methods-title");
  }));
  return place;
}

export function wakeMethods() {
  for (const button of document.querySelectorAll("[data-link]")) {
    const provider = button.getAttribute("data-link") ?? "";
    button.addEventListener("click", async () => {
      tell(find("#methods"), "");
      try {
        const { url } = await client.call("POST", `/auth/${encodeURIComponent(provider)}/link`);
        location.assign(url);
      } catch (error) {
        tell(find("#methods"), sentenceOf(error) || t("That did not work. Please try again later."));
      }
    });
  }
  for (const link of document.querySelectorAll("[data-open]")) {
    link.addEventListener("click", () => find("#password details").setAttribute("open", ""));
  }
}

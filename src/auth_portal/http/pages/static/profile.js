/** Names, language, address and password. @module */

import { bring } from "./form.js";
import { on } from "./dom.js";
import { client, find, language, speak, spoken, t, toast } from "./page.js";
import { meter } from "./password.js";

/** @typedef {import("./client.js").User} User */

/** @param {string} id @returns {HTMLFormElement} */
const form = (id) => /** @type {HTMLFormElement} */ (find(`#${id}`));

/** @param {User} person */
export function showProfile(person) {
  const name = [person.firstName, person.lastName].filter(Boolean).join(" ");
  find("#greeting").textContent = name || t("Your account");
  find("#address").textContent = person.email ?? "";
  find("#email-now").textContent = person.email ?? t("No address");
  find("#initials").textContent = [person.firstName, person.lastName].map((part) => [...(part ?? "")][0] ?? "").join("");
  showProof(person);
  fill("profile-form", { firstName: person.firstName ?? "", lastName: person.lastName ?? "", locale: spoken(person.locale) || language });
  for (const id of ["password-form", "email-form"]) fill(id, { username: person.email ?? "" });
  showPassword(person);
}

/** Whether the address is theirs; a letter's link may have settled that in another tab. @param {User} person */
export function showProof(person) {
  find("#unconfirmed").hidden = person.emailVerified === true || !person.email;
  find("#email-good").hidden = !person.emailVerified;
  find("#email-open").hidden = person.emailVerified === true || !person.email;
}

/** @param {User} person */
function showPassword(person) {
  const has = person.hasPassword !== false;
  const summary = find("#password-summary");
  summary.textContent = (has ? summary.dataset.change : summary.dataset.set) ?? "";
  find("#current-part").hidden = !has;
  const changed = person.lastPasswordChange;
  find("#password-now").textContent = !has
    ? t("You have no password yet.")
    : changed
      ? t("Last changed {date}.", { date: on(changed) })
      : t("Not changed so far.");
  find("#emailPassword").closest(".field")?.toggleAttribute("hidden", !has);
}

/** @param {string} id @param {Record<string, string>} values */
function fill(id, values) {
  for (const [name, value] of Object.entries(values)) {
    const input = /** @type {HTMLInputElement} */ (form(id).elements.namedItem(name));
    input.value = value;
  }
}

export function wakeProfile() {
  bring(form("profile-form"), async ({ firstName, lastName, locale }) => {
    const other = locale !== spoken(client.user?.locale); // "de-AT" stays what it is
    await client.call("PATCH", "/auth/me", { firstName, lastName, ...(other ? { locale } : {}) });
    if (locale !== language) return speak(locale);
    showProfile(await client.reload());
    toast(t("Saved."));
  });
  bring(form("email-form"), async ({ email, currentPassword }) => {
    await client.call("PUT", "/auth/me/email", { email, currentPassword });
    close("email-form");
    toast(t("We have sent a letter to {email}. Open its link to finish.", { email }));
  });
  meter("newPassword", () => [client.user?.firstName ?? "", client.user?.lastName ?? "", client.user?.email ?? ""]);
  bring(form("password-form"), async ({ currentPassword, password }) => {
    const body = client.user?.hasPassword === false ? { password } : { currentPassword, password };
    await client.call("PUT", "/auth/me/password", body);
    close("password-form");
    showProfile(await client.reload());
    toast(t("Your password is changed. All other devices were signed out."));
  });
  wakeResend();
}

/** @param {string} id a form that has done its work */
function close(id) {
  form(id).reset();
  const details = form(id).closest("details");
  details?.removeAttribute("open");
  details?.querySelector("summary")?.focus();
}

function wakeResend() {
  const button = find("#resend");
  button.addEventListener("click", async () => {
    button.setAttribute("disabled", "");
    try {
      await client.call("POST", "/auth/email/resend");
      toast(t("The letter is on its way."));
    } catch {
      toast(t("That did not work. Please try again later."));
    } finally {
      button.removeAttribute("disabled");
    }
  });
}

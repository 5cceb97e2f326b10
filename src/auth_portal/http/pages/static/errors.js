/** The server's "no" in the page's language. @module */

import { AuthError } from "./client.js";
import { language, t } from "./page.js";

/** @type {Record<string, () => string>} by the stable code of docs/errors.md */
const BY_CODE = {
  offline: () => t("You seem to be offline. Please try again."),
  invalid_credentials: () => t("The address or the password is not right."),
  unauthorized: () => t("You are signed out. Please sign in again."),
  unavailable: () => t("The server is busy. Please try again in a moment."),
  link_invalid: () => t("This link no longer works"),
  recent_sign_in_required: () => t("For this, please sign out and in again first."),
  last_sign_in_method: () => t("This is your last way to sign in. Set a password or link another first."),
  identity_taken: () => t("That account is linked to somebody already."),
  social_denied: () => t("The sign-in was cancelled."),
  social_state_invalid: () => t("This sign-in has expired or was begun elsewhere. Please try again."),
  social_provider_failed: () => t("The other service did not answer as it should. Please try again."),
  social_email_unverified: () =>
    t("The other service did not vouch for an address. Verify one there, or sign in another way."),
  social_link_first: () => t("Sign in the usual way and link this service in your account."),
  handoff_unbound: () => t("This sign-in was begun in another browser. Please try again here."),
};

/** @type {[RegExp, (found: string[]) => string][]} what the contract says of fields */
const BY_WORDS = [
  [/already exists/i, () => t("This address has an account already. Sign in, or choose a new password.")],
  [/must be an email/i, () => t("This does not look like an e-mail address.")],
  [/should not be empty/i, () => t("Please fill this in.")],
  [/longer than or equal to (\d+)/i, (found) => t("Use at least {count} characters.", { count: found[1] })],
  [/shorter than or equal to (\d+)/i, (found) => t("Use at most {count} characters.", { count: found[1] })],
  [/common/i, () => t("This password is well known to attackers. Choose another.")],
  [/made of your name/i, () => t("Do not use your name, your address or this site’s name.")],
];

/**
 * The sentence for the whole form, "" when its fields say everything.
 * @param {unknown} error @returns {string}
 */
export function sentenceOf(error) {
  if (!(error instanceof AuthError)) return t("Something went wrong. Please try again.");
  if (Object.keys(error.errors).length > 0) return "";
  const known = BY_CODE[error.code];
  const plain = language === "en" ? error.message : ""; // the server speaks English
  return known ? known() : plain || t("Something went wrong. Please try again.");
}

/** @param {unknown} error @returns {Record<string, string>} a sentence for each field that is wrong */
export function faultsOf(error) {
  if (!(error instanceof AuthError)) return {};
  const wrong = error.code === "invalid_credentials";
  return Object.fromEntries(
    Object.entries(error.errors).map(([field, words]) => [field, wrong ? t("This is not your password.") : inWords(String(words))]),
  );
}

/** @param {string} words @returns {string} */
function inWords(words) {
  for (const [pattern, say] of BY_WORDS) {
    const found = pattern.exec(words);
    if (found) return say(found);
  }
  return words;
}

/** Recent activity: the journal's own lines, in words. @module */

import { beside, fresh, on } from "./dom.js";
import { client, find, t, toast } from "./page.js";

const PAGE = 10;

/** @typedef {{id: string, kind: string, at: string, outcome: string, ip?: string, userAgent?: string}} Entry */

/** @type {Record<string, () => string>} by the kinds of docs/events.md */
const WORDS = {
  registered: () => t("Account created"),
  signed_in: () => t("Signed in"),
  sign_in_failed: () => t("A sign-in failed"),
  sign_in_throttled: () => t("Too many sign-ins were tried"),
  signed_out: () => t("Signed out"),
  session_ended: () => t("A device was signed out"),
  sessions_ended: () => t("Devices were signed out"),
  session_renamed: () => t("A device was renamed"),
  refresh_reused: () => t("A copied session was stopped"),
  refresh_replay_elsewhere: () => t("A session was used from two places"),
  session_rolled_back: () => t("A device was signed out"),
  email_confirmed: () => t("Address confirmed"),
  confirmation_resent: () => t("Confirmation sent again"),
  email_change_requested: () => t("Change of address asked for"),
  email_changed: () => t("Address changed"),
  password_reset_requested: () => t("Reset link asked for"),
  password_reset: () => t("Password reset"),
  password_changed: () => t("Password changed"),
  password_set: () => t("Password set"),
  profile_changed: () => t("Profile changed"),
  data_exported: () => t("Data downloaded"),
  account_disabled: () => t("Account closed by an operator"),
  account_enabled: () => t("Account opened by an operator"),
  account_taken_over: () => t("Account claimed by the address’s owner"),
  account_imported: () => t("Account moved here"),
  new_device: () => t("New device"),
  not_me: () => t("A sign-in was reported as not yours"),
  identity_linked: () => t("Way to sign in linked"),
  identity_unlinked: () => t("Way to sign in unlinked"),
  social_failed: () => t("A sign-in failed"),
};
const GRAVE = new Set(["sign_in_failed", "sign_in_throttled", "refresh_reused", "refresh_replay_elsewhere", "not_me", "social_failed"]);
const FINE = new Set(["registered", "signed_in", "email_confirmed"]);

let last = "";

export async function showEvents() {
  const entries = await read("");
  find("#event-list").replaceChildren(...entries.map(row));
}

/** @param {string} before @returns {Promise<Entry[]>} */
async function read(before) {
  const cursor = before ? `&before=${encodeURIComponent(before)}` : "";
  const { events } = /** @type {{events: Entry[]}} */ (await client.call("GET", `/auth/events?limit=${PAGE + 1}${cursor}`));
  const shown = events.slice(0, PAGE);
  last = shown.at(-1)?.id ?? "";
  find("#more-events").hidden = events.length <= PAGE;
  return shown;
}

/** @param {Entry} entry @returns {HTMLElement} */
function row(entry) {
  const place = fresh("event-row");
  const words = WORDS[entry.kind];
  find("[data-name]", place).textContent = words ? words() : entry.kind.replaceAll("_", " ");
  beside(find("[data-detail]", place), [on(entry.at), entry.ip]);
  place.dataset.tone = GRAVE.has(entry.kind) || entry.outcome === "refused" ? "grave" : FINE.has(entry.kind) ? "fine" : "";
  return place;
}

export function wakeEvents() {
  find("#more-events").addEventListener("click", async () => {
    try {
      const rows = (await read(last)).map(row);
      find("#event-list").append(...rows);
      rows[0]?.setAttribute("tabindex", "-1");
      rows[0]?.focus();
    } catch {
      toast(t("That did not work. Please try again later."));
    }
  });
}

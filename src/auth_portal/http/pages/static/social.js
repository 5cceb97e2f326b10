/** Where a social sign-in lands: only a code that this browser began is worth anything here. @module */

import { AuthError } from "./client.js";
import { sentenceOf } from "./errors.js";
import { client, find, show, takeFromAddress } from "./page.js";

const query = new URLSearchParams(location.search);
takeFromAddress("code");

/** @param {unknown} error */
function fail(error) {
  find("[data-cause]").textContent = sentenceOf(error);
  show("failed");
}

/** Tokens in the address are someone's attempt to sign us in as them: they are not even looked at. */
async function land() {
  const refused = query.get("error");
  if (refused) return fail(new AuthError(400, { code: refused.slice(0, 60) }));
  const link = query.get("link");
  const code = query.get("code");
  if (link) {
    await client.restore();
    await client.call("POST", "/auth/social/link", { code: link });
    return location.replace("/#methods");
  }
  if (!code) return fail(new AuthError(400, { code: "social_state_invalid" }));
  await client.exchange(code);
  location.replace("/");
}

await land().catch(fail);

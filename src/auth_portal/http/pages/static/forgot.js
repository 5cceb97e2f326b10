/** The page that asks for a reset link. @module */

import { bring } from "./form.js";
import { client, find, show } from "./page.js";

bring(find("[data-form]"), async ({ email }) => {
  await client.post("/auth/forgot/password", { email });
  find("[data-email]").textContent = email;
  show("sent");
});

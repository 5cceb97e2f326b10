/** The sign-in page. @module */

import { bring } from "./form.js";
import { client, find, passOn, show } from "./page.js";
import { wakePeeks } from "./password.js";

wakePeeks();
bring(
  find("[data-form]"),
  async ({ email, password }) => {
    await client.signIn(email, password);
    location.replace(`/${location.hash}`); // "#password" of password managers
  },
  (error) => {
    if (error.code !== "email_unconfirmed") return false;
    show("unconfirmed");
    return true;
  },
);
await passOn();

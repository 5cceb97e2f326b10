/** Pages that a letter's link leads to: nothing is spent until the button is pressed. @module */

import { bring } from "./form.js";
import { client, find, show } from "./page.js";

/**
 * @param {string} path of the API @param {(values: Record<string, string>) => object} [more] beside the hash
 */
export function spendOnPress(path, more = () => ({})) {
  const hash = new URLSearchParams(location.search).get("hash");
  if (!hash) return show("expired");
  bring(
    find("[data-form]"),
    async (values) => {
      await client.post(path, { hash, ...more(values) });
      history.replaceState(null, "", location.pathname);
      show("done");
    },
    (error) => {
      if (error.code !== "link_invalid" && !("hash" in error.errors)) return false;
      show("expired");
      return true;
    },
  );
}

/** Taking one's data along, and leaving. @module */

import { ask } from "./ask.js";
import { sentenceOf } from "./errors.js";
import { tell } from "./form.js";
import { client, find, t } from "./page.js";

export function wakeLeaving() {
  find("#export").addEventListener("click", async () => {
    tell(find("#leave"), "");
    try {
      save(await client.call("GET", "/auth/me/export"));
    } catch (error) {
      tell(find("#leave"), sentenceOf(error) || t("That did not work. Please try again later."));
    }
  });
  find("#delete").addEventListener("click", () => {
    const question = {
      title: t("Delete your account?"),
      text: t("Everything that belongs to it is gone for good."),
      yes: t("Delete my account"),
      password: client.user?.hasPassword !== false,
      danger: true,
    };
    ask(question, async (password) => {
      const body = question.password ? { currentPassword: password } : {};
      await client.call("DELETE", "/auth/me", body);
      await client.signOut().catch(() => null);
    });
  });
}

/** @param {unknown} data written to the person's downloads */
function save(data) {
  const file = new Blob([JSON.stringify(data, null, 2)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "my-data.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

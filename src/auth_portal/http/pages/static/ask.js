/** "Are you sure?" in one dialog, with the password where it is wanted. @module */

import { say, tell } from "./form.js";
import { find } from "./page.js";

/**
 * @param {object} question
 * @param {string} question.title @param {string} question.text @param {string} question.yes
 * @param {boolean} [question.password] ask for the current password @param {boolean} [question.danger]
 * @param {(password: string) => Promise<void>} act what "yes" does; a "no" of the server is said in the dialog
 */
export function ask({ title, text, yes, password = false, danger = false }, act) {
  const dialog = /** @type {HTMLDialogElement} */ (find("#ask"));
  const form = /** @type {HTMLFormElement} */ (find("form", dialog));
  const input = /** @type {HTMLInputElement} */ (find("#askPassword"));
  const button = find("#ask-yes");
  find("#ask-title").textContent = title;
  find("#ask-text").textContent = text;
  find("#ask-password").hidden = !password;
  button.textContent = yes;
  button.classList.toggle("danger", danger);
  form.reset();
  tell(form, "");
  find("#ask-no").onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    try {
      await act(input.value);
      dialog.close();
    } catch (error) {
      say(form, error);
    } finally {
      form.ariaBusy = "false";
    }
  };
  dialog.showModal();
}

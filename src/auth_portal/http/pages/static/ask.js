/** "Are you sure?" in one dialog, with the password where it is wanted. @module */

import { calm, say } from "./form.js";
import { find, land } from "./page.js";

/**
 * @param {object} question
 * @param {string} question.title @param {string} question.text @param {string} question.yes
 * @param {boolean} [question.password] ask for the current password @param {boolean} [question.danger]
 * @param {(password: string) => Promise<HTMLElement|void>} act what "yes" does, and where the focus goes
 *   when the button that asked is gone; a "no" of the server is said in the dialog
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
  calm(form);
  find("#ask-no").onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    try {
      const place = await act(input.value);
      dialog.close();
      if (place) land(place);
    } catch (error) {
      say(form, error);
    } finally {
      form.ariaBusy = "false";
    }
  };
  dialog.showModal();
}

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
  find("span", button).textContent = yes;
  button.classList.toggle("danger", danger);
  form.reset();
  calm(form);
  const busy = () => form.ariaBusy === "true"; // what is under way is not called off by looking away
  find("#ask-no").onclick = () => {
    if (!busy()) dialog.close();
  };
  dialog.oncancel = (event) => {
    if (busy()) event.preventDefault();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (busy()) return;
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

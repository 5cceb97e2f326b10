/** Devices: each is one sign-in. Name them, end them. @module */

import { ask } from "./ask.js";
import { ago, beside, deviceName, fresh, on } from "./dom.js";
import { sentenceOf } from "./errors.js";
import { tell } from "./form.js";
import { client, find, land, t, toast } from "./page.js";

/** @typedef {{id: string, name: string, current: boolean, method: string, ip: string, createdAt: string, lastSeenAt: string}} Device */

export async function showDevices() {
  const { sessions } = /** @type {{sessions: Device[]}} */ (await client.call("GET", "/auth/sessions"));
  const current = sessions.filter((device) => device.current);
  const others = sessions.filter((device) => !device.current);
  others.sort((one, other) => other.lastSeenAt.localeCompare(one.lastSeenAt));
  find("#device-list").replaceChildren(...[...current, ...others].map(row));
  find("#end-others").hidden = others.length === 0;
}

/** @param {Device} told as the server names it @returns {HTMLElement} */
function row(told) {
  const device = { ...told, name: deviceName(told.name) };
  const place = fresh("device-row");
  place.dataset.id = device.id;
  find("[data-name]", place).textContent = device.name;
  find("[data-current]", place).hidden = !device.current;
  const seen = device.current ? t("active now") : t("active {when}", { when: ago(device.lastSeenAt) });
  const since = t("since {date}", { date: on(device.createdAt) });
  beside(find("[data-detail]", place), [seen, device.ip, since]);
  const end = find("[data-end]", place);
  end.hidden = device.current;
  end.setAttribute("aria-label", t("Sign out {name}", { name: device.name }));
  end.addEventListener("click", () => tryTo(async () => {
    await client.call("DELETE", `/auth/sessions/${encodeURIComponent(device.id)}`);
    toast(t("{name} is signed out.", { name: device.name }));
    return () => find("#devices-title");
  }));
  wakeRename(place, device);
  return place;
}

/** @param {HTMLElement} place @param {Device} device */
function wakeRename(place, device) {
  const form = /** @type {HTMLFormElement} */ (find("[data-rename-form]", place));
  const input = /** @type {HTMLInputElement} */ (find("input", form));
  const button = find("[data-rename]", place);
  button.setAttribute("aria-label", t("Rename {name}", { name: device.name }));
  /** @param {boolean} open */
  const open = (open) => {
    form.hidden = !open;
    button.hidden = open;
    input.value = device.name;
    (open ? input : button).focus();
  };
  button.addEventListener("click", () => open(true));
  find("[data-cancel]", form).addEventListener("click", () => open(false));
  form.addEventListener("keydown", (event) => event.key === "Escape" && open(false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (!name) return input.focus();
    void tryTo(async () => {
      if (name !== device.name) await client.call("PATCH", `/auth/sessions/${encodeURIComponent(device.id)}`, { name });
      return () => find(`[data-id="${CSS.escape(device.id)}"] [data-rename]`);
    });
  });
}

/** @param {() => Promise<() => HTMLElement>} act and draw the list anew; it tells where the focus goes then */
async function tryTo(act) {
  tell(find("#devices"), "");
  try {
    const place = await act();
    await showDevices();
    land(place());
  } catch (error) {
    tell(find("#devices"), sentenceOf(error) || t("That did not work. Please try again later."));
  }
}

export function wakeDevices() {
  const others = { title: t("Sign out all other devices?"), text: t("They have to sign in again. This one stays."), yes: t("Sign out all others") };
  find("#end-others").addEventListener("click", () => ask(others, async () => {
    await client.call("DELETE", "/auth/sessions");
    await showDevices();
    toast(t("All other devices are signed out."));
    return find("#devices-title");
  }));
  const all = { title: t("Sign out everywhere?"), text: t("Every device has to sign in again, this one too."), yes: t("Sign out everywhere"), danger: true };
  find("#end-all").addEventListener("click", () => ask(all, () => client.signOut({ everywhere: true })));
}

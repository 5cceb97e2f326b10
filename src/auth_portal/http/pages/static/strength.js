/** How hard a password would be to guess, roughly: the server has the last word. @module */

const RUNS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertz", "azerty"];
const WORN =
  /pass ?w(or)?[dt]|passwort|contraseña|motdepasse|letmein|welcome|willkommen|iloveyou|dragon|monkey|sunshine|princess|football|admin|master|shadow|superman|batman|hello|hallo|bonjour|hola|secret|geheim|login|qwert/g;
const LEET = /** @type {Record<string, string>} */ ({ 0: "o", 1: "i", 3: "e", 4: "a", 5: "s", 7: "t", "@": "a", $: "s", "!": "i" });

/**
 * @param {string} password
 * @param {string[]} own words of the person: names, address, the site's name
 * @param {number} shortest the policy's least length
 * @returns {{score: 0|1|2|3|4, long: boolean, foreign: boolean, plain: boolean}} `score` 0 (too short) to
 *   4 (strong); `long`, `foreign` (no own words) and `plain` (no pattern) are the lines of the policy
 */
export function strengthOf(password, own, shortest) {
  const signs = [...password];
  const long = signs.length >= shortest;
  const folded = unleet(password.toLowerCase());
  const foreign = !own.some((word) => word.length > 2 && folded.includes(unleet(word.toLowerCase())));
  const effective = effectiveLength(password.toLowerCase(), folded, own);
  const plain = effective >= Math.min(6, shortest);
  if (!long) return { score: 0, long, foreign, plain };
  const bits = effective * Math.log2(alphabetOf(password));
  const steps = [28, 42, 60, 78].filter((step) => bits >= step).length;
  const score = foreign && plain ? Math.max(1, steps) : 1;
  return { score: /** @type {0|1|2|3|4} */ (score), long, foreign, plain };
}

/** The length without what an attacker tries first. @param {string} text @param {string} folded @param {string[]} own */
function effectiveLength(text, folded, own) {
  let left = folded;
  for (const word of own) if (word.length > 2) left = left.replaceAll(unleet(word.toLowerCase()), "·");
  left = left.replace(WORN, "·");
  for (const run of [...RUNS, ...RUNS.map(reversed)]) left = withoutRun(left, run, text);
  return [...left.replace(/(.)\1{2,}/gu, "$1$1").replace(/(.{2,4}?)\1{2,}/gu, "$1")].length;
}

/** @param {string} left @param {string} run @param {string} text */
function withoutRun(left, run, text) {
  for (let size = Math.min(run.length, text.length); size >= 4; size--) {
    for (let at = 0; at + size <= run.length; at++) {
      const piece = run.slice(at, at + size);
      left = left.replaceAll(piece, "··").replaceAll(unleet(piece), "··");
    }
  }
  return left;
}

/** @param {string} text @returns {number} how many signs one has to try at each place */
function alphabetOf(text) {
  const kinds = /** @type {[RegExp, number][]} */ ([[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[ -/:-@[-`{-~]/, 33], [/[^ -~]/, 100]]);
  return kinds.reduce((sum, [kind, count]) => sum + (kind.test(text) ? count : 0), 0) || 1;
}

/** @param {string} text */
function unleet(text) {
  return text.replace(/[013457@$!]/g, (sign) => LEET[sign]);
}

/** @param {string} text */
function reversed(text) {
  return [...text].reverse().join("");
}

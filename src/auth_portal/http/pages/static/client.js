/**
 * The client of Auth Portal's JSON API: dependency-free, for the portal's own pages and for yours.
 * The access token stays in memory, the refresh token in its HttpOnly cookie; `docs/client.md` explains.
 * @module
 */

const EARLY = 10_000; // ms before its end at which a token counts as over (a quarter of a short life)
const NETWORK = 0; // the status of an answer that never came
const PATIENCE = 30_000; // ms to wait for an answer: a refresh that hangs would hold up every tab

/** A "no" of the server, or its silence (`status` 0, `code` "offline"). */
export class AuthError extends Error {
  /**
   * @param {number} status HTTP status
   * @param {{code?: string, message?: string, errors?: Record<string, string>, retryAfter?: number}} body
   */
  constructor(status, body = {}) {
    super(body.message ?? "");
    this.name = "AuthError";
    this.status = status;
    this.code = body.code ?? (status === NETWORK ? "offline" : "unexpected");
    /** @type {Record<string, string>} what is wrong, by field */
    this.errors = body.errors ?? {};
    /** @type {number|undefined} seconds to wait before the next try */
    this.retryAfter = body.retryAfter;
  }
}

/**
 * @typedef {{id: string, email?: string, firstName?: string, lastName?: string, emailVerified?: boolean,
 *   locale?: string, hasPassword?: boolean, lastPasswordChange?: string}} User
 * @typedef {{token: string, ends: number}} Access `ends`: ms by this device's clock
 */

/**
 * One signed-in device. Events: `signed-in`, `signed-out` (detail: `{elsewhere: boolean}`), `user`.
 */
export class AuthClient extends EventTarget {
  /** @type {Access|null} */ #access = null;
  /** @type {User|null} */ #user = null;
  /** @type {Promise<string>|null} */ #refreshing = null;
  /** @type {Set<string>} */ #origins;
  /** @type {BroadcastChannel|null} */ #channel = null;
  /** @type {string} */ #api;
  /** @type {number} */ #patience;

  /**
   * @param {object} [options]
   * @param {string} [options.api] where the API lives, e.g. "https://id.example/api"
   * @param {string[]} [options.origins] further origins that may be shown the access token by `fetch`
   * @param {number} [options.patience] ms to wait for an answer of the API
   */
  constructor({ api = "/api", origins = [], patience = PATIENCE } = {}) {
    super();
    this.#patience = patience;
    const base = new URL(api, location.href);
    this.#api = base.href.replace(/\/$/, "");
    this.#origins = new Set([base.origin, ...origins]);
    if ("BroadcastChannel" in globalThis) {
      this.#channel = new BroadcastChannel(`auth-portal ${this.#api}`);
      this.#channel.onmessage = (message) => this.#heard(message.data);
    }
  }

  /** @returns {User|null} whoever is signed in, as last told by the server */
  get user() {
    return this.#user;
  }

  /**
   * Ask who is signed in on this device. Refreshes only when the access token has expired.
   * @returns {Promise<User|null>} null when nobody is
   */
  async restore() {
    try {
      await this.#inform();
      if (!this.#lives()) await this.refresh();
    } catch (error) {
      if (error instanceof AuthError && error.status === 401) {
        this.#leave(false);
        return null;
      }
      throw error;
    }
    return this.#user;
  }

  /** @param {string} email @param {string} password @returns {Promise<User>} */
  async signIn(email, password) {
    return this.#enter(await this.post("/auth/login", { email, password }));
  }

  /**
   * @param {{firstName: string, lastName: string, email: string, password: string}} person
   * @returns {Promise<User|null>} null when the address must be confirmed by letter first
   */
  async register(person) {
    const answer = await this.post("/auth/register", person);
    return answer?.token ? this.#enter(answer) : null;
  }

  /**
   * Redeem the code with which a social sign-in came back.
   * @param {string} code @param {string} [codeVerifier] @returns {Promise<User>}
   */
  async exchange(code, codeVerifier) {
    return this.#enter(await this.post("/auth/social/exchange", { code, codeVerifier }));
  }

  /**
   * End this device's session, in all its tabs. Fails with "offline" when the server was not reached:
   * then the session lives on.
   * @param {{everywhere?: boolean}} [options]
   */
  async signOut({ everywhere = false } = {}) {
    try {
      if (everywhere) await this.call("POST", "/auth/logout/all");
      else await this.#send("POST", "/auth/logout", undefined, this.#access?.token);
    } catch (error) {
      if (!(error instanceof AuthError) || error.status !== 401) throw error;
    }
    this.#tell({ kind: "signed-out" });
    this.#leave(false);
  }

  /** @returns {Promise<string>} an access token that still lives */
  async accessToken() {
    return this.#lives() && this.#access ? this.#access.token : this.refresh();
  }

  /**
   * `fetch` with the access token; after a 401 it refreshes once and repeats. The token is shown to
   * the API's own origin and to `origins` only.
   * @param {RequestInfo|URL} input @param {RequestInit} [init] @returns {Promise<Response>}
   */
  async fetch(input, init = {}) {
    const request = new Request(input, init);
    if (!this.#origins.has(new URL(request.url).origin)) return fetch(request);
    const token = await this.accessToken();
    const again = request.clone();
    const answer = await fetch(withToken(request, token));
    if (answer.status !== 401) return answer;
    return fetch(withToken(again, await this.refresh(token)));
  }

  /** A JSON call to the API as the person who is signed in.
   * @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async call(method, path, body) {
    const token = await this.accessToken();
    try {
      return await this.#send(method, path, body, token);
    } catch (error) {
      if (!(error instanceof AuthError) || error.status !== 401) throw error;
    }
    return this.#send(method, path, body, await this.refresh(token));
  }

  /** A JSON call that needs nobody to be signed in.
   * @param {string} path @param {object} [body] @returns {Promise<any>} */
  post(path, body) {
    return this.#send("POST", path, body);
  }

  /** Read the person anew. @returns {Promise<User>} */
  async reload() {
    const user = await this.call("GET", "/auth/me");
    this.#user = user;
    this.dispatchEvent(new Event("user"));
    return user;
  }

  /**
   * A new access token. However many ask, in however many tabs, one request is under way: the
   * others wait for it and use its token.
   * @param {string} [spent] the token that was refused; another one at hand is used instead
   * @returns {Promise<string>}
   */
  refresh(spent = this.#access?.token) {
    if (this.#access && this.#access.token !== spent && this.#lives()) {
      return Promise.resolve(this.#access.token);
    }
    this.#refreshing ??= this.#alone(spent)
      .catch((error) => {
        if (error instanceof AuthError && error.status === 401) this.#leave(false);
        throw error;
      })
      .finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** @param {string|undefined} spent @returns {Promise<string>} */
  async #alone(spent) {
    const locks = navigator.locks; // absent outside secure contexts: then the server's grace must do
    if (!locks) return this.#rotate();
    const name = `auth-portal refresh ${this.#api}`;
    const first = await locks.request(name, { ifAvailable: true }, (lock) => (lock ? this.#rotate() : null));
    return first ?? locks.request(name, () => this.#afterAnother(spent));
  }

  /** Another tab has just refreshed: its token has been told us, or the server still knows it.
   * @param {string|undefined} spent @returns {Promise<string>} */
  async #afterAnother(spent) {
    if (this.#access?.token === spent || !this.#lives()) await this.#inform({ same: true });
    if (this.#access && this.#access.token !== spent && this.#lives()) return this.#access.token;
    return this.#rotate();
  }

  /** @returns {Promise<string>} */
  async #rotate() {
    const { body, date } = await this.#exchange("POST", "/auth/refresh");
    this.#expect(claimsOf(body.token).sub);
    this.#keep(body.token, date);
    this.#tell({ kind: "token", access: this.#access, id: this.#user?.id });
    return body.token;
  }

  /** INFO: who is here, and the present access token, which may have expired.
   * @param {{same?: boolean}} [wanted] `same`: only if it is still the one we know */
  async #inform({ same = false } = {}) {
    const { body, date } = await this.#exchange("POST", "/auth/info-session");
    if (same) this.#expect(body.user.id);
    this.#keep(body.token, date);
    this.#user = body.user;
    this.dispatchEvent(new Event("user"));
  }

  /** Somebody else may have signed in on this device: what one person asked is never done as another.
   * @param {string|undefined} id of whoever is here now */
  #expect(id) {
    if (this.#user === null || id === undefined || id === this.#user.id) return;
    this.#leave(true);
    throw new AuthError(401);
  }

  /** @param {{token: string}} answer @returns {Promise<User>} */
  async #enter(answer) {
    this.#keep(answer.token, msOf(claimsOf(answer.token).iat));
    const user = await this.reload();
    this.#tell({ kind: "signed-in", id: user.id });
    this.dispatchEvent(new Event("signed-in"));
    return user;
  }

  /** @param {boolean} elsewhere the sign-out happened in another tab */
  #leave(elsewhere) {
    const known = this.#user !== null;
    this.#access = this.#user = null;
    if (known) this.dispatchEvent(new CustomEvent("signed-out", { detail: { elsewhere } }));
  }

  /** @param {{kind: string, id?: string, access?: Access}} message of another tab */
  #heard(message) {
    if (message.kind === "signed-out") this.#leave(true);
    const other = message.id !== undefined && this.#user !== null && message.id !== this.#user.id;
    if (other) this.#leave(true); // another person signed in here: nothing of the first may stay
    else if (message.kind === "token" && message.access) this.#access = message.access;
  }

  /** @param {object} message */
  #tell(message) {
    this.#channel?.postMessage(message);
  }

  /** @param {string} token @param {number} now the server's clock, ms: this device's may be wrong */
  #keep(token, now) {
    const { exp, iat } = claimsOf(token);
    const [ends, begins] = [msOf(exp), msOf(iat)];
    this.#access = { token, ends: Date.now() + ends - now - Math.min(EARLY, (ends - begins) / 4) };
  }

  #lives() {
    return this.#access !== null && this.#access.ends > Date.now();
  }

  /** @param {string} method @param {string} path @param {object} [body] @param {string} [token] */
  async #send(method, path, body, token) {
    return (await this.#exchange(method, path, body, token)).body;
  }

  /** @param {string} method @param {string} path @param {object} [body] @param {string} [token]
   * @returns {Promise<{body: any, date: number}>} */
  async #exchange(method, path, body, token) {
    /** @type {Record<string, string>} */
    const headers = { accept: "application/json" };
    if (body) headers["content-type"] = "application/json";
    if (token) headers["authorization"] = `Bearer ${token}`;
    const sent = body ? JSON.stringify(body) : undefined;
    const signal = AbortSignal.timeout(this.#patience);
    const init = /** @type {RequestInit} */ ({ method, headers, body: sent, credentials: "include", cache: "no-store", signal });
    const [answer, text] = await fetch(this.#api + path, init)
      .then(async (came) => /** @type {const} */ ([came, await came.text()]))
      .catch(() => Promise.reject(new AuthError(NETWORK)));
    const said = parsed(text);
    if (!answer.ok) throw new AuthError(answer.status, said ?? {});
    return { body: said, date: Date.parse(answer.headers.get("date") ?? "") || Date.now() };
  }
}

/** @param {string} text @returns {any} null when it is no JSON */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {Request} request @param {string} token @returns {Request} */
function withToken(request, token) {
  request.headers.set("authorization", `Bearer ${token}`);
  return request;
}

/** What the access token says; nothing where it cannot be read.
 * @param {string} token @returns {{sub?: string, exp?: number, iat?: number}} */
function claimsOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  } catch {
    return {};
  }
}

/** @param {number|undefined} seconds by the server's clock @returns {number} ms; 0 when it was not told */
function msOf(seconds) {
  return (seconds ?? 0) * 1000;
}

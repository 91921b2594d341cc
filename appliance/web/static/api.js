// The appliance as this page sees it: requests, and the notes of everything that happens.

export const session = { signed_in: false, owner: true, csrf: "", scopes: [] };

const PATIENCE_MS = 70_000;
/** Not every appliance has these; the page is told at its start which it has. */
const OPTIONAL = new Set(["/api/health/history", "/api/updates", "/api/backups", "/api/setup", "/api/factory-reset"]);

/** What was refused or did not work: `message`, `hint`, `status` (0: nobody answered), `after` seconds. */
export class Trouble extends Error {
  constructor(message, hint = "", status = 0, after = 0) {
    super(message);
    Object.assign(this, { hint, status, after });
  }
}

export async function ask(method, path, body) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["x-csrf-token"] = session.csrf;
  let answer;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    tell("reach", false);
    throw new Trouble("The appliance does not answer.", "Is it on, and is this device in the same network?");
  }
  tell("reach", true);
  if (answer.ok || answer.status === 304) return read(answer);
  throw await refusal(answer, path);
}

async function read(answer) {
  const text = await answer.text();
  return text && (answer.headers.get("content-type") || "").includes("json") ? JSON.parse(text) : text;
}

async function refusal(answer, path) {
  let told = {};
  try {
    told = JSON.parse(await answer.text());
  } catch {
    // not from us: a proxy on the way
  }
  const trouble = new Trouble(told.detail || `${answer.status} ${answer.statusText}`, told.hint || "", answer.status, Number(answer.headers.get("retry-after") || 0));
  trouble.body = told;
  if (answer.status === 401 && path !== "/api/login") tell("signed-out");
  return trouble;
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const put = (path, body = {}) => ask("PUT", path, body);
export const patch = (path, body = {}) => ask("PATCH", path, body);
export const remove = (path) => ask("DELETE", path);

/** Is this path among those that this appliance has? */
export function offers(path) {
  return document.documentElement.dataset.has.split(" ").includes(path);
}

/** What a path gives, or `otherwise` where this appliance has no such path. */
export async function maybe(path, otherwise = null, query = "") {
  if (OPTIONAL.has(path) && !offers(path)) return otherwise;
  try {
    return await get(path + query);
  } catch (error) {
    if (error.status === 404 || error.status === 405 || error.status === 503 || error.status === 409) return otherwise;
    throw error;
  }
}

export async function who() {
  return Object.assign(session, await get("/api/session"));
}

function tell(type, detail) {
  document.dispatchEvent(new CustomEvent(type, { detail }));
}

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;

/** Every note of every room: `notes.listen(f)` calls f(note) and returns what ends it. One socket for the page. */
class Notes {
  constructor() {
    this.listeners = new Set();
    this.socket = null;
    this.waitMs = FIRST_WAIT_MS;
  }

  listen(listener) {
    this.listeners.add(listener);
    this.dial();
    return () => {
      this.listeners.delete(listener);
      if (!this.listeners.size) this.hangUp();
    };
  }

  dial() {
    if (this.socket || !this.listeners.size || !session.signed_in) return;
    clearTimeout(this.redial);
    const socket = new WebSocket(new URL("/api/notes?words=true", location.href.replace(/^http/, "ws")));
    this.socket = socket;
    socket.onopen = () => {
      this.waitMs = FIRST_WAIT_MS;
      tell("reach", true);
    };
    socket.onmessage = ({ data }) => {
      const note = JSON.parse(data);
      for (const listener of this.listeners) listener(note);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!this.listeners.size) return;
      tell("reach", false);
      this.redial = setTimeout(() => this.dial(), this.waitMs * (0.75 + Math.random() / 2));
      this.waitMs = Math.min(MAX_WAIT_MS, this.waitMs * 2);
    };
  }

  hangUp() {
    clearTimeout(this.redial);
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }
}

export const notes = new Notes();

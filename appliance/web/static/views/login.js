// Signing in.

import { post, session } from "../api.js";
import { busy, button, field, h, icon } from "../dom.js";
import { t } from "../i18n.js";

export function show(root) {
  const secret = h("input", { type: "password", autocomplete: "current-password", required: true, maxlength: 400 });
  const send = button(t("Sign in"), null, { kind: "primary", type: "submit" });
  const form = h("form", null, h("input", { type: "text", autocomplete: "username", value: "owner", hidden: true }), field(t("Passphrase"), secret), send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(send, async () => {
      Object.assign(session, await post("/api/login", { passphrase: secret.value }));
      document.dispatchEvent(new CustomEvent("signed-in"));
    });
  });
  const forgotten = h("p", { class: "help" }, t("Forgotten? On the appliance:"), " ", h("code", null, "appliance token claim"));
  root.append(h("span", { class: "mark", "aria-hidden": "true" }, icon("now")), h("h1", null, t("Welcome back")), form, h("div", { class: "field" }), forgotten);
}

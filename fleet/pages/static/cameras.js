// The register of cameras: purpose, sign and retention of each, and which are not on record yet.

import { el, field, fill, select, table, when } from "./dom.js";
import { get, listed, mark, may, page, poleLink, post, run, say, t } from "./api.js";

page(async (node) => {
  const keeps = await may("maintainer");
  const list = el("div");
  const form = el("section", { class: "card", "aria-label": t("on_record"), hidden: true });
  const which = select([["", t("all")], ["false", t("not_on_record")], ["true", t("on_record")]], "", () => run(lines));
  fill(node, el("div", { class: "row" }, field(t("state"), which), el("a", { href: "/api/v1/export/cameras.csv" }, "CSV")), list, form);
  await lines();

  async function lines() {
    await listed(list, "/cameras", { registered: which.value }, (rows) => rows.length ? table([
      { label: t("pole"), show: (row) => poleLink(row.pole), key: (row) => row.pole },
      { label: t("camera"), show: (row) => row.camera, key: (row) => row.camera },
      { label: t("state"), show: (row) => !row.known ? t("not_known") : row.state === "ok" ? mark("good") : el("span", { class: "mark warning" }, row.state), key: (row) => row.state },
      { label: t("purpose"), show: (row) => row.registered ? row.purpose : el("span", { class: "mark warning" }, t("not_on_record")), key: (row) => row.purpose },
      { label: t("sign"), show: (row) => row.sign },
      { label: t("operator_of"), show: (row) => row.operator, key: (row) => row.operator },
      { label: t("retention"), show: (row) => row.retention_days === null ? "–" : String(row.retention_days), key: (row) => row.retention_days, number: true },
      { label: t("changed"), show: (row) => el("span", {}, when(row.changed), ` ${row.who}`), key: (row) => row.changed },
      ...(keeps ? [{ label: t("change"), show: (row) => el("button", { type: "button", onclick: () => run(() => edit(row)),
        "aria-label": `${t("change")}: ${row.pole} ${row.camera}` }, t("change")) }] : []),
    ], rows, t("cameras")) : el("p", { class: "dim" }, t("none")));
  }

  async function edit(row) {
    const said = row.registered ? undefined : await accepted(row); // what the technician has said stands there to be confirmed
    const input = (value, more = {}) => el("input", { value, ...more });
    const fields = { purpose: input(said?.purpose ?? row.purpose), sign: input(said?.signage ?? row.sign), operator: input(row.operator) };
    const days = input(row.retention_days ?? 0, { type: "number", min: 0, max: 3650 });
    form.hidden = false;
    fill(form, el("h2", { tabindex: -1 }, `${row.pole} · ${row.camera}`), el("div", { class: "row" },
      field(t("purpose"), fields.purpose), field(t("sign"), fields.sign), field(t("operator_of"), fields.operator), field(t("retention"), days),
      el("button", { type: "button", class: "main", onclick: () => run(async () => {
        await post("/cameras", { pole: row.pole, camera: row.camera, purpose: fields.purpose.value, sign: fields.sign.value,
          operator: fields.operator.value, retention_days: Number(days.value) });
        form.hidden = true;
        await lines();
        say(t("kept"));
      }) }, t("keep"))));
    form.querySelector("h2").focus();
  }

  async function accepted(row) {
    const { acceptance } = await get(`/poles/${encodeURIComponent(row.pole)}`);
    return acceptance?.report?.cameras.find((each) => each.name === row.camera);
  }
});

// Rollouts of releases: how far each has come, what its poles say, and why it was stopped. Nothing here changes one.

import { el, fill, number, table, when } from "./dom.js";
import { get, listed, page, poleLink, run, t } from "./api.js";

const STANDINGS = { done: "✓", failed: "✗", under_way: "…", waiting: "w", unknown: "?" };

page(async (node) => {
  const found = await get("/rollouts");
  const poles = el("section", { "aria-label": t("poles") });
  fill(node,
    found.trouble ? el("p", { class: "problem", role: "alert" }, found.trouble) : null,
    el("p", { class: "dim" }, found.source ? t("plan_from", found.source) : t("plan_nowhere")),
    found.rollouts.map((rollout) => card(rollout, poles)),
    found.source && !found.rollouts.length ? el("p", { class: "dim" }, t("no_rollouts")) : null,
    el("h2", {}, t("releases_said")), found.releases.length ? table([
      { label: t("release"), show: (row) => button(row.release, poles), key: (row) => row.release },
      { label: t("steps"), show: (row) => Object.entries(row.steps).map(([step, count]) => `${step}: ${count}`).join(", ") },
    ], found.releases, t("releases_said")) : el("p", { class: "dim" }, t("none")), poles);
});

function card(rollout, poles) {
  const { members, reached, value, hopeful, reasons } = rollout.tally;
  return el("section", { class: "card", "aria-label": rollout.release },
    el("h2", {}, button(rollout.release, poles), ` ${t(`rollout_${rollout.state}`)}`),
    rollout.why ? el("p", {}, rollout.why) : null,
    el("p", {}, rollout.groups.map((group) => el("span", { class: "legend", "aria-current": group === rollout.group ? "step" : null },
      group === rollout.group ? el("strong", {}, `▸ ${group}`) : group))),
    el("dl", {}, Object.entries(STANDINGS).map(([standing, sign]) =>
      [el("dt", {}, `${sign} ${t(`standing_${standing}`)}`), el("dd", {}, String(members[standing]))]),
    el("dt", {}, t("reached")), el("dd", {}, String(reached)),
    el("dt", {}, t("evidence")), el("dd", {}, t("evidence_words", number(value), number(hopeful), number(rollout.lower), number(rollout.upper))),
    el("dt", {}, t("begin")), el("dd", {}, when(rollout.begun)),
    el("dt", {}, t("group_opened")), el("dd", {}, when(rollout.opened))),
    reasons.length ? table([
      { label: t("why"), show: (row) => row[0], key: (row) => row[0] },
      { label: t("poles"), show: (row) => String(row[1]), key: (row) => row[1], number: true },
    ], reasons, t("failures")) : null);
}

function button(release, poles) {
  return el("button", { type: "button", onclick: () => run(() => open(release, poles)) }, release);
}

async function open(release, node) {
  const list = el("div");
  fill(node, el("h2", { tabindex: -1 }, release), list);
  await listed(list, "/rollouts/poles", { release, limit: 200 }, (rows) => table([
    { label: t("pole"), show: (row) => poleLink(row.pole), key: (row) => row.pole },
    { label: t("steps"), show: (row) => row.step ? `${row.step.stage} ${row.step.outcome}` : "–", key: (row) => row.step?.stage },
    { label: t("why"), show: (row) => row.step?.text ?? "–", key: (row) => row.step?.text },
    { label: t("at"), show: (row) => when(row.step?.received), key: (row) => row.step?.received },
    { label: t("in_force"), show: (row) => row.in_force ? runs(row.in_force.body) : "–" },
    { label: t("seen"), show: (row) => when(row.seen), key: (row) => row.seen },
  ], rows, t("poles_listed", rows.length)));
  node.querySelector("h2").focus();
}

function runs(body) {
  const weights = Object.entries(body.weights ?? {}).map(([camera, sha]) => `${camera} ${sha.slice(0, 12)}`);
  return [body.version, body.revision, ...(body.settings ?? []), ...weights].join(", ");
}

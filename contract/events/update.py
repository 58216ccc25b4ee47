"""What a pole reports of the releases that it takes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from contract.events.kind import Kind
from contract.types import Body
from contract.words import Words, both

UpdateStage = Literal[
    "check",
    "download",
    "verify",
    "unpack",
    "fit",
    "golden",
    "shadow",
    "switch",
    "trial",
    "install",
    "commit",
    "roll_back",
]
UpdateOutcome = Literal["begun", "done", "waits", "refused", "withdrawn"]


class UpdateStep(Body, frozen=True, kw_only=True, omit_defaults=True):
    """One step of an update, and why it went as it did.

    A pole runs a release when it says ``commit``, ``done``. ``sha256`` is that of the bundle, and at the commit of a
    model that of its weights, which a camera's interpreter has loaded where the text names one. ``number`` grows by one
    with each step of the pole: a number that comes twice is the same step. ``withdrawn``: the plan wants it here no
    more, which says nothing of the release.
    """

    kind: ClassVar[str] = "update_step"
    number: Annotated[int, Meta(ge=1)]
    release: Annotated[str, Meta(max_length=100, description="as models/crops/3; empty: of no release")] = ""
    stage: UpdateStage
    outcome: UpdateOutcome
    text: Annotated[str, Meta(max_length=1000)] = ""
    sha256: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    figures: Annotated[
        dict[Annotated[str, Meta(max_length=100)], float],
        Meta(max_length=64, description="of a shadow run, as CAMERA.agreement: what the sentence says, in numbers"),
    ] = msgspec.field(default_factory=dict)


class InForce(Body, frozen=True, kw_only=True, omit_defaults=True):
    """What runs on the pole, as the daemon itself finds it: after it has started, after a change, after a ``commit``.

    A release is in force where the newest of these names it: the agent by its version, settings by their release, a
    model by the SHA-256 of the weights that an interpreter has loaded.
    """

    kind: ClassVar[str] = "in_force"
    version: Annotated[str, Meta(max_length=100, description="of the agent")]
    revision: Annotated[str, Meta(max_length=64, description="of the settings in force")]
    settings: Annotated[
        tuple[Annotated[str, Meta(max_length=100)], ...],
        Meta(max_length=100, description="releases of settings that are in force, as settings/street/12"),
    ] = ()
    weights: Annotated[
        dict[Annotated[str, Meta(max_length=100)], Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]],
        Meta(
            max_length=100, description="camera, or [anomaly] -> SHA-256 of the weights that its interpreter has loaded"
        ),
    ] = msgspec.field(default_factory=dict)
    slots: Annotated[
        dict[Annotated[str, Meta(max_length=100)], Annotated[str, Meta(max_length=63)]],
        Meta(max_length=100, description="camera, or [anomaly] -> name of the releases from which its model comes"),
    ] = msgspec.field(default_factory=dict)


_STAGES: dict[UpdateStage, tuple[str, str]] = {
    "check": ("look for releases", "检查发布"),
    "download": ("download", "下载"),
    "verify": ("check of its signatures", "签名校验"),
    "unpack": ("unpacking", "解包"),
    "fit": ("check of what it needs", "兼容性检查"),
    "golden": ("golden samples", "标准样本"),
    "shadow": ("shadow run", "影子运行"),
    "switch": ("switch", "切换"),
    "trial": ("trial", "试运行"),
    "install": ("installation", "安装"),
    "commit": ("kept", "已保留"),
    "roll_back": ("taken back", "已回退"),
}
_OUTCOMES: dict[UpdateOutcome, tuple[str, str]] = {
    "begun": ("begun", "开始"),
    "done": ("done", "完成"),
    "waits": ("waits", "等待"),
    "refused": ("refused", "被拒绝"),
    "withdrawn": ("withdrawn", "已撤回"),
}


def _said(body: UpdateStep) -> Words:
    stage, outcome = _STAGES[body.stage], _OUTCOMES[body.outcome]
    why = (f": {body.text}", f"：{body.text}") if body.text else ("", "")
    return both(
        f"{body.release or 'releases'}: {stage[0]} {outcome[0]}{why[0]}",
        f"{body.release or '发布'}：{stage[1]}{outcome[1]}{why[1]}",
    )


def _runs(body: InForce) -> Words:
    models = ", ".join(f"{camera} {sha[:12]}" for camera, sha in sorted(body.weights.items()))
    parts = [", ".join(body.settings), models]
    en = "; ".join([f"version {body.version}, settings {body.revision}", *filter(None, parts)])
    zh = "；".join([f"版本 {body.version}，配置 {body.revision}", *filter(None, parts)])
    return both(en, zh)


KINDS = (
    Kind(
        body=InForce,
        says=_runs,
        examples=(
            InForce(
                version="0.2.0",
                revision="0123456789ab",
                settings=("settings/street/12",),
                weights={"street": "0" * 64},
                slots={"street": "crops"},
            ),
            InForce(version="0.2.0", revision="0123456789ab"),
        ),
    ),
    Kind(
        body=UpdateStep,
        says=_said,
        examples=(
            UpdateStep(number=7, release="models/crops/3", stage="commit", outcome="done", sha256="0" * 64),
            UpdateStep(
                number=8, release="models/crops/4", stage="golden", outcome="refused", text="an output is off by 0.4"
            ),
            UpdateStep(
                number=9,
                release="models/crops/5",
                stage="shadow",
                outcome="done",
                figures={"street.looks": 118.0, "street.agreement": 0.96},
            ),
        ),
    ),
)

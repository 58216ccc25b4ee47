"""What a maintainer does at the desk, and what the desk does not let pass."""

from __future__ import annotations

import filecmp
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner

from agent.errors import Retry
from contract.bundle import open_bundle
from contract.plan import PLAN_PATH, PLAN_ROLE, Assignment, Plan
from contract.release import ReleaseId
from release.cli import main
from release.desk import ReleaseDesk
from release.errors import ReleaseError
from release.packing import pack, put, verify
from release.publishing import assign, plan_of, publish, withdraw
from release.rotation import renew, replace_key
from tests.release.desks import NOW, deb_folder, key, model_folder, new_desk, release, settings_folder, sign
from tests.update.poles import Box, Moments


def quiet(_: str) -> None:
    pass


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def wanted(desk: ReleaseDesk, pole: str) -> list[ReleaseId]:
    return [each.release for each in plan_of(desk).wanted(pole)]


def test_a_bundle_is_the_same_bytes_from_the_same_folder(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "desk")
    folder = settings_folder(tmp_path / "street", "[report]\nwindow_s = 30\n")
    assert pack(folder, desk, None) == pack(folder, desk, None)


def test_a_release_needs_two_people_and_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    manifest, bundle = pack(settings_folder(tmp_path / "street", "[report]\nwindow_s = 30\n"), desk, None)
    put(desk, manifest, bundle)
    sign(desk, "anna")
    sign(desk, "anna")
    with pytest.raises(ReleaseError, match="settings lacks 1 signatures"):
        publish(desk, site, key("online"), quiet)
    assert not site.exists()
    sign(desk, "carl")
    assert publish(desk, site, key("online"), quiet)
    before = files(site)
    assert not publish(desk, site, key("online"), quiet)
    assert files(site) == before
    later = ReleaseDesk(desk.folder, NOW + timedelta(days=8))
    assert publish(later, site, key("online"), quiet)
    assert sorted(set(files(site)) - set(before)) == ["metadata/2.snapshot.json"]


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "desk")
    words = tmp_path / "words"
    words.write_text("a pass phrase of a test\n", encoding="utf-8")
    words.chmod(0o600)
    folder = settings_folder(tmp_path / "street", "[report]\nwindow_s = 30\n")
    before = files(desk.folder)
    assert main(["pack", str(desk.folder), str(folder), "--dry-run"]) == 0
    assert publish(desk, tmp_path / "site", key("online"), quiet, dry=True)
    assert files(desk.folder) == before
    assert not (tmp_path / "site").exists()


def test_what_travels_holds_no_secret_and_nothing_that_is_the_poles_own(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "desk")
    for number, text in enumerate(
        (
            '[pole]\nid = "SZ-1"\n',
            '[local]\ngroup = "poleagent"\n',
            '[camera.a]\nsource = "rtsp://admin:1234@10.0.0.5/"\n',
            '[uplink]\nhost = "a"\npassword = "x"\n',
            "no toml",
        )
    ):
        with pytest.raises(ReleaseError, match=r"settings.toml: "):
            pack(settings_folder(tmp_path / str(number), text), desk, None)


def test_the_golden_outputs_that_are_missing_are_computed_by_the_interpreter(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "desk")
    folder = model_folder(tmp_path / "crops")
    manifest, bundle = pack(folder, desk, None)
    put(desk, manifest, bundle)
    with open_bundle(desk.bundle("models/crops/1.zip")) as opened:
        assert len(opened.read("golden-grey.out")) == 16
        assert "release.toml" not in opened.manifest.files
    assert verify(desk.bundle("models/crops/1.zip")).release == ReleaseId(kind="model", name="crops", number=1)


def test_a_model_without_golden_samples_or_with_another_file_is_refused(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "desk")
    folder = model_folder(tmp_path / "crops")
    (folder / "golden-grey.in").unlink()
    with pytest.raises(ReleaseError, match="golden samples"):
        pack(folder, desk, None)
    other = model_folder(tmp_path / "other")
    (other / "crops.tflite").write_bytes(b"other")
    (other / "golden-grey.out").write_bytes(bytes(16))
    with pytest.raises(ReleaseError, match="SHA-256"):
        pack(other, desk, None)


def test_a_number_is_given_once(tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    assert release(desk, site, deb_folder(tmp_path / "a", b"1")).number == 1
    assert release(desk, site, deb_folder(tmp_path / "b", b"2")).number == 2
    with pytest.raises(ReleaseError, match="numbers only grow"):
        pack(deb_folder(tmp_path / "c", b"3"), desk, 2)


def test_a_file_on_the_desk_that_was_changed_after_signing_is_not_published(tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    release(desk, site, deb_folder(tmp_path / "a", b"1"))
    desk.bundle("software/poleagent/1.zip").write_bytes(b"other")
    with pytest.raises(ReleaseError, match="not the file that the metadata speaks of"):
        publish(desk, site, key("online"), quiet)


def test_the_last_assignment_that_holds_counts_and_one_can_be_withdrawn(tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    first = release(desk, site, deb_folder(tmp_path / "a", b"1"))
    second = release(desk, site, deb_folder(tmp_path / "b", b"2"), "SZ-*")
    assert wanted(desk, "SZ-7") == [second]
    assert wanted(desk, "GZ-7") == [first]
    withdraw(desk, second, key("online"))
    assert wanted(desk, "SZ-7") == [first]
    with pytest.raises(ReleaseError, match="no release software/poleagent/9"):
        assign(desk, Assignment(release=ReleaseId(kind="software", name="poleagent", number=9)), key("online"))


def test_a_share_is_about_that_share_and_another_one_for_each_release() -> None:
    poles = [f"SZ-{number}" for number in range(2000)]
    chosen = []
    for number in (1, 2):
        plan = Plan(assignments=(Assignment(release=ReleaseId(kind="model", name="crops", number=number), share=0.1),))
        chosen.append({pole for pole in poles if plan.wanted(pole)})
        assert 150 < len(chosen[-1]) < 250
    assert len(chosen[0] & chosen[1]) < 60


@pytest.mark.parametrize("whose", ["bo", "online"])
def test_a_key_that_was_lost_or_stolen_is_replaced_and_refused_from_then_on(whose: str, tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    release(desk, site, deb_folder(tmp_path / "a", b"1"))
    new = CryptoSigner.generate_ed25519()
    roles = replace_key(desk, whose, new.public_key)
    sign(desk, "anna", "carl")
    for role in roles:
        desk.sign(role, new)
    assert not any(desk.sign(role, key(whose)) for role in roles if role != "root")
    assert publish(desk, site, new if whose == "online" else key("online"), quiet)
    assert (site / "metadata/2.root.json").is_file()
    assert (site / "metadata/1.root.json").is_file()
    taken = Box(tmp_path / "pole", desk.folder).updater(site)
    with pytest.raises(Retry, match="waits for"):
        taken.run()
    later = ReleaseDesk(desk.folder, NOW + timedelta(days=10))
    with pytest.raises(ReleaseError, match="it takes the online key"):
        publish(later, site, key(whose), quiet)


def test_who_publishes_every_week_for_a_year_publishes_nothing_that_expires(tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    release(desk, site, settings_folder(tmp_path / "street", "[report]\nwindow_s = 30\n"))
    box = Box(tmp_path / "pole", desk.folder)
    for week in range(51):
        now = NOW + timedelta(days=7 * week)
        publish(ReleaseDesk(desk.folder, now), site, key("online"), quiet)
        box.moments = Moments(now + timedelta(days=6.9))
        box.updater(site).run()
    assert ReleaseDesk(desk.folder, NOW).read(PLAN_ROLE).signed.version < 12


def test_a_plan_that_nobody_signed_is_not_published(tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    desk.save(PLAN_ROLE, desk.draft(PLAN_ROLE))
    with pytest.raises(ReleaseError, match="rollout is not signed"):
        publish(desk, site, key("online"), quiet)
    assert not site.exists()


def test_metadata_that_has_expired_is_renewed(tmp_path: Path) -> None:
    new_desk(tmp_path / "desk")
    later = ReleaseDesk(tmp_path / "desk", NOW + timedelta(days=400))
    with pytest.raises(ReleaseError, match="has expired: 'polerelease renew'"):
        publish(later, tmp_path / "site", key("online"), quiet)
    renew(later)
    sign(later, "bo", "carl")
    assert publish(later, tmp_path / "site", key("online"), quiet)
    assert not filecmp.cmp(later.page("root"), later.page("targets"))


def test_the_command_line_from_an_empty_folder_to_a_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = tmp_path / "words"
    words.write_text("a pass phrase of a test\n", encoding="utf-8")
    words.chmod(0o600)
    desk, keys, site = tmp_path / "desk", tmp_path / "keys", tmp_path / "site"
    given = ["--pass-file", str(words)]
    people = [part for person in ("anna", "bo", "carl") for part in ("--person", person)]
    assert main(["init", str(desk), "--keys", str(keys), *people, *given]) == 0
    assert (keys / "anna.pem").stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in (keys / "anna.pem").read_bytes()
    assert main(["init", str(desk), "--keys", str(keys), *people, *given]) == 1
    folder = settings_folder(tmp_path / "street", "[report]\nwindow_s = 30\n")
    assert main(["pack", str(desk), str(folder)]) == 0
    for person in ("anna", "carl"):
        assert main(["sign", str(desk), "--key", str(keys / f"{person}.pem"), *given]) == 0
    online = ["--key", str(keys / "online.pem"), *given]
    assert main(["assign", str(desk), "settings/street/1", "--poles", "SZ-*", *online]) == 0
    assert main(["publish", str(desk), str(site), *online]) == 0
    assert main(["publish", str(desk), str(site), *online]) == 0
    assert capsys.readouterr().out.endswith("is as it was.\n")
    digest = hashlib.sha256((desk / "targets" / PLAN_PATH).read_bytes()).hexdigest()
    assert (site / f"targets/rollout/{digest}.plan.json").is_file()
    assert main(["verify", str(desk)]) == 0
    assert main(["verify", str(desk / "targets/settings/street/1.zip")]) == 0
    assert main(["key", str(desk), "bo", str(keys / "bo2.pem"), "--dry-run", *given]) == 0
    assert main(["key", str(desk), "bo", str(keys / "bo2.pem"), *given]) == 0
    assert (
        main(["sign", str(desk), "--key", str(keys / "bo.pem"), *given]) == 0
    )  # the old root still counts for the new
    assert main(["sign", str(desk), "--key", str(keys / "bo.pem"), *given]) == 1
    words.chmod(0o644)
    assert main(["publish", str(desk), str(site), *online]) == 1
    assert "chmod 600" in capsys.readouterr().err

"""The texts of the agent in the language of the person who reads them.

What travels is English: on the wire, in the journal, in exceptions, between releases. Where a person reads it, the row
that a text was made from is found again among the tables of all packages, the modules ``sentences``, and filled in in
Chinese. A text that no table has stays as it is, so that a newer daemon is still understood.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from string import Formatter

from contract.words import Language, Sentence

LONGEST = 4000
"""Characters; a longer text is no sentence of ours."""
NAMES = frozenset(
    ("broker", "camera", "device", "file", "folder", "host", "line", "model", "name", "option", "path", "pole", "port")
) | {"source", "unit", "value", "word"}
"""Fields of a sentence that hold what somebody has named: never a text of ours."""
_JOINTS = {". ": "。", "; ": "；", ": ": "：", ", ": "，"}
"""What stands between sentences that are put together, and what it is in Chinese."""
_WEAK = 5
"""Letters; a sentence with fewer of its own is recognised only where no other prose is left."""
_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")
_OF = re.compile(r"((?:/|\[)?[\w./:@-]+\]?): ")
"""What a sentence is about: a port, a file, a device."""
_BLANK = re.compile(r"(?<=[，。：；）]) | (?=[（，。：；）])")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_ENGLISH = re.compile(r"[!-~\u00a0-\u03ff][ -~\u00a0-\u03ff]{6,}[!-~\u00a0-\u03ff]")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)((?: \d\d:\d\d(?::\d\d)?)?(?: [+-]\d{4})?)")


def spoken(text: str, language: Language) -> str:
    """A text of the agent as it travels, in ``language``."""
    return text if language == "en" else catalogue().chinese(text)


@cache
def catalogue() -> Catalogue:
    return Catalogue(row for module in tables() for row in rows(vars(importlib.import_module(module))))


def tables() -> Iterator[str]:
    """The modules that hold sentences: those whose name begins with ``sentences`` or ``_sentences``."""
    home = Path(__file__).resolve().parent
    folders = {"agent": home, "drivers": home.parent / "drivers"}
    folders |= {f"agent.{part.name}": home / part.name for part in pkgutil.iter_modules([str(home)]) if part.ispkg}
    for package, folder in folders.items():
        for part in pkgutil.iter_modules([str(folder)]):
            if part.name.lstrip("_").startswith("sentences"):
                yield f"{package}.{part.name}"


def rows(held: object) -> Iterator[Sentence]:
    """The sentences in a table, however it is nested."""
    if isinstance(held, Sentence):
        yield held
    elif isinstance(held, Mapping):
        for name, value in held.items():
            if name != "__builtins__":
                yield from rows(value)
    elif isinstance(held, tuple):
        for value in held:
            yield from rows(value)


class Catalogue:
    """Sentences by what they look like when they are filled in."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        forms = [_Form(row) for row in sentences]
        self._fixed = {form.row.en.format(): form.row.zh.format() for form in forms if not form.names}
        self._forms = sorted((form for form in forms if form.names), key=lambda form: (-form.letters, -form.length))

    def chinese(self, text: str) -> str:
        """The text in Chinese, as far as it is of these sentences."""
        if not text.strip():
            return text
        if len(text) > LONGEST:
            return text
        if "\n" in text:
            return self._known(text) or "\n".join(map(self.chinese, text.split("\n")))
        of = _OF.match(text)
        rest = text[of.end() :] if of else ""
        return (
            _about(of, self._known(rest))
            or self._known(text)
            or _about(of, self._joined(rest))
            or self._joined(text)
            or dated(self._inside(text))
        )

    def _inside(self, text: str) -> str:
        """English sentences in a Chinese text."""
        if not _CHINESE.search(text):
            return text
        return _ENGLISH.sub(lambda found: self._known(found[0]) or self._joined(found[0]) or found[0], text)

    def _known(self, text: str) -> str:
        """Of one sentence, with its full stop or without; empty where there is none."""
        found = self._exact(text)
        if not found and text[-1:].isalnum():
            found = self._exact(f"{text}.").removesuffix("。")
        if not found and text[:1].isupper():
            found = self._exact(text[0].lower() + text[1:].removesuffix(".")) + ("。" if text.endswith(".") else "")
        return "" if found == "。" else found

    def _exact(self, text: str) -> str:
        fixed = self._fixed.get(text)
        if fixed is not None:
            return fixed
        for form in self._forms:
            found = form.match(text)
            if found is None:
                continue
            words = {name: each if name in NAMES else self.chinese(each) for name, each in found.items()}
            if form.letters >= _WEAK or not any(
                words[name] == found[name] and _PROSE.search(found[name]) for name in found
            ):
                return tidy(form.zh.format(**words))
        return ""

    def _joined(self, text: str) -> str:
        """Of several, put together; a part that is of none stays. Empty where all are of none."""
        for joint, chinese in _JOINTS.items():
            cuts = [found.start() for found in re.finditer(re.escape(joint), text)]
            for known_left in (True, False):
                for cut in reversed(cuts) if known_left else cuts:
                    left, right = text[:cut], text[cut + len(joint) :]
                    one, other = self._known(left), (self._known(right) if not known_left else self.chinese(right))
                    if one if known_left else other:
                        return f"{(one or left).removesuffix('。')}{chinese}{other}"
        return ""


class _Form:
    """One sentence with fields, as a pattern."""

    def __init__(self, row: Sentence) -> None:
        self.row = row
        parts = list(Formatter().parse(row.en))
        self._literals = [literal for literal, *_ in parts if literal]
        self.names = [name for _, name, *_ in parts if name is not None]
        self.letters = sum(char.isalpha() for literal in self._literals for char in literal)
        self.length = sum(map(len, self._literals))
        self.zh = "".join(
            literal.replace("{", "{{").replace("}", "}}") + ("" if name is None else f"{{{name}}}")
            for literal, name, *_ in Formatter().parse(row.zh)
        )

    def match(self, text: str) -> dict[str, str] | None:
        """What the fields hold; None where the text is not of this sentence."""
        if not all(literal.strip() in text for literal in self._literals):
            return None
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        pattern, seen = "", set[str]()
        for literal, name, *_ in Formatter().parse(self.row.en):
            pattern += re.escape(literal)
            if name is not None:
                pattern += f"(?P={name})" if name in seen else f"(?P<{name}>.*?)"
                seen.add(name)
        return re.compile(pattern, re.DOTALL)


def _about(subject: re.Match[str] | None, text: str) -> str:
    return f"{subject[1]}：{text}" if subject and text else ""


def tidy(text: str) -> str:
    """Without the blanks that stops of full width need not."""
    return _BLANK.sub("", text).strip()


def dated(text: str) -> str:
    """Dates as they are written in Chinese: 2026年11月30日 15:04."""
    return _DATE.sub(lambda found: f"{found[1]}年{int(found[2])}月{int(found[3])}日{found[4]}", text)

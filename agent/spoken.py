"""The texts of the agent in the language of the person who reads them.

What travels is English: on the wire, in the journal, in exceptions, between releases. Where a person reads it, the row
that a text was made from is found again among the tables of all packages, the modules ``sentences``, and filled in in
Chinese. A text that no table has stays as it is, so that a newer daemon is still understood.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
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
_Found = tuple[int, str]
"""How many letters of a text its sentence explains, and the text in Chinese; ``0, ""`` where it is of none."""
_PROSE = re.compile(r"[a-z]+ [a-z]+")
_STRANGE = re.compile(r"; |\n|[a-z]+ [a-z]+")
"""What no name holds."""
_OF = re.compile(
    r"(\[[^\]\n]*\]{1,2}(?: [\w.\[\]]+(?: \d+)?(?:, [\w.\[\]]+(?: \d+)?)*)?|/\S*?|[\w.@/\[\]-]+(?::\d+)?): "
)
_TABLE = re.compile(r"(\[[^\]\n]*\]{1,2}(?: [a-z_]+ \d+)?) ")
"""What a sentence is about: a port, a file, a device."""
_BLANK = re.compile(r"(?<=[，。：；）]) | (?=[（，。：；）])|(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
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
        self._read_before: dict[str, str] = {}
        self._known_before: dict[str, _Found] = {}
        self._forms = sorted(
            (form for form in forms if form.names and form.letters), key=lambda form: (-form.letters, -form.length)
        )

    def chinese(self, text: str) -> str:
        """The text in Chinese, as far as it is of these sentences."""
        if len(text) > LONGEST or not text.strip():
            return text
        if text not in self._read_before:
            self._read_before[text] = self._chinese(text)
        return self._read_before[text]

    def _chinese(self, text: str) -> str:
        if "\n" in text:
            return self._known(text)[1] or "\n".join(map(self.chinese, text.split("\n")))
        return (
            self._read(text)[1]
            or self._behind(text, lambda rest: (1, self._joined(rest)))[1]
            or self._joined(text)
            or dated(self._inside(text))
        )

    def _read(self, text: str) -> _Found:
        """One sentence, whole or behind what it is about; the one that explains more of the text."""
        whole, behind = self._known(text), self._behind(text, self._read)
        return whole if whole[0] > behind[0] else behind

    def _behind(self, text: str, read: Callable[[str], _Found]) -> _Found:
        """What stands behind that which it is about: a file and a line, a table, an option, a port."""
        for form, mark in ((_OF, "："), (_TABLE, " ")):
            about = form.match(text)
            letters, said = read(text[about.end() :]) if about else (0, "")
            if about and said:
                return letters, f"{self._fixed.get(about[1], about[1])}{mark}{said}"
        return 0, ""

    def _inside(self, text: str) -> str:
        """English sentences in a Chinese text."""
        if not _CHINESE.search(text):
            return text
        return _ENGLISH.sub(lambda found: self._known(found[0])[1] or self._joined(found[0]) or found[0], text)

    def _known(self, text: str) -> _Found:
        """Of one sentence, with its full stop or without, with its first letter small or large."""
        letters, found = self._exact(text)
        if not found and text[-1:].isalnum():
            letters, found = self._exact(f"{text}.")
            found = found.removesuffix("。")
        if not found and text[:1].isupper():
            letters, found = self._exact(text[0].lower() + text[1:].removesuffix("."))
            found += "。" if found and text.endswith(".") else ""
        return letters, found

    def _exact(self, text: str) -> _Found:
        if text not in self._known_before:
            self._known_before[text] = self._found(text)
        return self._known_before[text]

    def _found(self, text: str) -> _Found:
        if text in self._fixed:
            return len(text), self._fixed[text]
        best = (0, "")
        for form in self._forms:
            found = form.match(text)
            if found is None:
                continue
            words = {name: each if name in NAMES else self.chinese(each) for name, each in found.items()}
            known = (form.letters, tidy(form.zh.format(**words)))
            if not any(map(_PROSE.search, words.values())):
                return known
            if form.letters >= _WEAK and not best[1]:
                best = (1, known[1])  # another sentence, behind what this is about, may explain it whole
        return best

    def _joined(self, text: str) -> str:
        """Of several, put together; a part that is of none stays. Empty where all are of none."""
        for joint, chinese in _JOINTS.items():
            cuts = [found.start() for found in re.finditer(re.escape(joint), text)]
            for known_left in (True, False):
                for cut in reversed(cuts) if known_left else cuts:
                    left, right = text[:cut], text[cut + len(joint) :]
                    end = self._known(joint + right)[1].removeprefix(chinese) or self._known(right)[1]
                    one, other = self._known(left)[1], end or (self.chinese(right) if known_left else "")
                    if one if known_left else other:
                        return f"{(one or left).removesuffix('。')}{chinese}{other}"
        return ""


class _Form:
    """One sentence with fields: what stands between them is searched for from left to right, once."""

    def __init__(self, row: Sentence) -> None:
        self.row = row
        self.names: list[str] = []
        self._first = ""
        self._behind: list[str] = []
        for literal, name, *_ in Formatter().parse(row.en):
            if self.names:
                self._behind.append(literal)
            else:
                self._first = literal
            if name is not None:
                self.names.append(name)
        if len(self._behind) < len(self.names):
            self._behind.append("")
        self.letters = sum(char.isalpha() for literal in (self._first, *self._behind) for char in literal)
        self.length = sum(map(len, (self._first, *self._behind)))
        self.zh = "".join(
            literal.replace("{", "{{").replace("}", "}}") + ("" if name is None else f"{{{name}}}")
            for literal, name, *_ in Formatter().parse(row.zh)
        )

    def match(self, text: str) -> dict[str, str] | None:
        """What the fields hold; None where the text is not of this sentence."""
        last = self._behind[-1]
        if not text.startswith(self._first) or not text.endswith(last) or ("\n" in text and "\n" not in self.row.en):
            return None
        words: dict[str, str] = {}
        at, end = len(self._first), len(text) - len(last)
        for name, literal in zip(self.names, self._behind, strict=True):
            stop = end if literal is last else text.find(literal, at, end)
            word = text[at:stop]
            if stop < at or words.get(name, word) != word or (name in NAMES and _STRANGE.search(word)):
                return None
            words[name] = word
            at = stop + len(literal)
        return words


def tidy(text: str) -> str:
    """Without the blanks that stops of full width need not."""
    return _BLANK.sub("", text).strip()


def dated(text: str) -> str:
    """Dates as they are written in Chinese: 2026年11月30日 15:04."""
    return _DATE.sub(lambda found: f"{found[1]}年{int(found[2])}月{int(found[3])}日{found[4]}", text)

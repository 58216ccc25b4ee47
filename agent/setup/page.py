"""An acceptance report as one printable HTML page, without scripts and without anything from elsewhere; pure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from agent.setup import sentences_acceptance as say
from agent.spoken import spoken
from contract.events.acceptance import AcceptanceItem, AcceptanceReport
from contract.words import Language

_STYLE = (
    "body{font:15px/1.4 sans-serif;margin:2em auto;max-width:60em;color:#111}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top}code{word-break:break-all}"
    ".failed{font-weight:bold}.sign{margin-top:3em;border-top:1px solid #111;width:24em}@page{size:A4;margin:12mm}"
    "@media print{body{font-size:8.5pt;line-height:1.25;margin:0;max-width:none}h1{font-size:13pt;margin:0}"
    "th,td{padding:.1em .4em}tr{break-inside:avoid}.sign{margin-top:2.5em}}"
)
_STATES = {"passed": say.PASSED_WORD, "failed": say.FAILED_WORD, "open": say.OPEN_WORD}
_MARKS = {"passed": "✓", "failed": "✗", "open": "○"}


def page(report: AcceptanceReport, signature: str, language: Language) -> str:
    """The page; all that the pole says is escaped."""
    title = say.TITLE.said(language, pole=report.pole)
    at = f"{report.at:%Y-%m-%d %H:%M:%S} UTC" + ("" if report.synced else f" ({say.CLOCK_NOT_SET.said(language)})")
    facts = {
        say.WHEN.said(language): at,
        say.BY.said(language): report.by or "-",
        say.SOFTWARE.said(language): f"{report.version}, {report.revision}",
        say.SIGNATURE.said(language): signature or say.UNSIGNED.said(language),
    }
    rows = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td><code>{escape(text)}</code></td></tr>"
        for name, text in facts.items()
    )
    heads = (say.RESULT, say.CHECKED, say.SEEN, say.TO_DO)
    items = "".join(_row(item, language) for item in report.items)
    cameras = _table(
        [(say.CAMERAS.said(language), say.PURPOSE.said(language), say.SIGN.said(language))],
        "".join(_cells((one.name, one.purpose, one.signage)) for one in report.cameras),
    )
    name = f"<p>{escape(report.name)}</p>" if report.name else ""
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{name}<table>{rows}</table><br>"
        f"{_table([tuple(head.said(language) for head in heads)], items)}"
        f"{'<br>' + cameras if report.cameras else ''}"
        f"<p class=sign>{escape(say.SIGNED_BY_HAND.said(language))}</p></html>\n"
    )


def _row(item: AcceptanceItem, language: Language) -> str:
    state = f"{_MARKS[item.state]} {_STATES[item.state].said(language)}"
    todo = item.todo.get(language) or item.todo.get("en", "")
    text = item.text.get(language) or item.text.get("en", "")
    cells = _cells((state, text, spoken(item.reading, language), todo))
    return cells.replace("<tr>", f'<tr class="{item.state}">', 1)


def _cells(texts: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>"


def _table(heads: Iterable[Iterable[str]], rows: str) -> str:
    head = "".join("<tr>" + "".join(f"<th scope=col>{escape(text)}</th>" for text in each) + "</tr>" for each in heads)
    return f"<table>{head}{rows}</table>"

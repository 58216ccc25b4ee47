"""``polefleet sql``: a question in SQL."""

from __future__ import annotations

import argparse
import csv
import json
import sys

from fleet.cli._command import OK, Commands, add_folder
from fleet.folder import Folder
from fleet.query.reader import reading


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = "Asks the database a question in SQL and prints the answer as CSV or JSON; nothing can be changed by it."
    command = commands.add_parser("sql", help="ask the database in SQL", description=text)
    command.add_argument("query", metavar="QUERY", help="one SELECT, such as 'SELECT pole, seen FROM pole'")
    command.add_argument("--json", action="store_true", help="print one JSON object a row")
    add_folder(command)
    command.set_defaults(do=_sql)


def _sql(options: argparse.Namespace) -> int:
    with reading(*Folder(options.folder).read) as db:
        rows = db.execute(options.query)
        names = [column[0] for column in rows.description or ()]
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if names and not options.json:
            writer.writerow(names)
        for row in rows:
            values = [value.hex() if isinstance(value, bytes) else value for value in row]
            if options.json:
                print(json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False))
            else:
                writer.writerow(values)
    return OK

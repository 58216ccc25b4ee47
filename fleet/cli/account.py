"""``polefleet account``: accounts from the machine itself, for who has lost the way in."""

from __future__ import annotations

import argparse

from fleet.accounts.book import AccountLine, Accounts
from fleet.accounts.roles import HERE, Role
from fleet.cli._command import OK, Commands
from fleet.cli._show import add_output, now, show, store
from fleet.desk.file import open_desk
from fleet.errors import Wrong
from fleet.folder import Folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = (
        "Lists accounts, or with a name makes one (--role), makes a new one-time link for it (--link), or shuts it out "
        "(--disable). The link is opened under the platform's address; it sets the password and is good for a day."
    )
    command = commands.add_parser("account", help="list and change accounts", description=text)
    command.add_argument("name", nargs="?", metavar="NAME", help="the account; without it all are listed")
    command.add_argument("--role", choices=list(Role), help="make the account, with this role")
    command.add_argument("--link", action="store_true", help="make a new one-time link: the password was lost")
    command.add_argument("--disable", action="store_true", help="end its sessions and tokens, and let it in no more")
    add_output(command)
    command.set_defaults(do=_account)


def _account(options: argparse.Namespace) -> int:
    with store(options):
        pass  # raises where there is nothing yet, before a desk is made
    with open_desk(Folder(options.folder).desk) as desk:
        accounts = Accounts(desk)
        if not options.name:
            show(accounts.accounts(), AccountLine.__struct_fields__, options)
        elif options.role:
            _say(accounts.add(options.name, Role(options.role), by=HERE, now=now()))
        elif options.link:
            _say(accounts.renew(options.name, by=HERE, now=now()))
        elif options.disable:
            accounts.change(options.name, role=None, disabled=True, by=HERE, now=now())
        else:
            raise Wrong(f"what of {options.name}? say --role ROLE, --link or --disable")
    return OK


def _say(secret: str) -> None:
    print(f"open once, within 24 hours, under the platform's address: /enter#{secret}")

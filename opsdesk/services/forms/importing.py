"""Forms from files: a changed definition becomes a new version, an identical one nothing, and a wrong one stops all.

A version is a record that never changes, so tickets keep the form that they were filled with. Its id follows from what
it says, so that two desks which import the same file at the same version make the same record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from opsdesk.models import ids, rights
from opsdesk.models.base import Id
from opsdesk.models.forms import FormVersion
from opsdesk.services import access
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Invalid, NotFound, Problem, Refused
from opsdesk.services.forms.definition import SIZE_LIMIT, Form, normal, read
from opsdesk.services.forms.difference import differences
from opsdesk.store import membership
from opsdesk.store.work import Reader, Work

FILE_LIMIT: Final = 200
"""Files that one import reads."""
_NOT_FORMS: Final = frozenset({"types.json", "categories.json"})
"""Files that stand beside the forms that ship."""
_NAMESPACE: Final = b"opsdesk imported"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import makes of one form: `result` is "new", "changed" or "same", `version` the one in force afterwards,
    `lines` the difference from the version before, `asked_by` the names of the ticket types that ask it."""

    code: str
    title: str
    result: str
    version: int
    lines: tuple[str, ...]
    asked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormRow:
    """One version of a form. `tickets` is how many tickets were filled with it; `wrong` why it cannot be read here."""

    id: Id
    code: str
    title: str
    version: int
    newest: bool
    questions: int
    rules: int
    tickets: int
    wrong: str = ""


def files(path: Path) -> tuple[tuple[str, str], ...]:
    """The definitions of a file, or of the `.json` files of a folder, as (name, text). Raises Refused.

    A folder is read without those below it. Reads files: not on the window's thread.
    """
    if path.is_dir():
        found = sorted(one for one in path.glob("*.json") if one.name not in _NOT_FORMS)
        if not found:
            raise Refused(f"There is no form (.json) in {path}")
        if len(found) > FILE_LIMIT:
            raise Refused(f"{path} holds {len(found)} files, at most {FILE_LIMIT} are read at once")
    else:
        found = [path]
    return tuple((one.name, _text(one)) for one in found)


def _text(path: Path) -> str:
    if not path.is_file():
        raise Refused(f"{path} is no file")
    try:
        with path.open("rb") as file:
            data = file.read(4 * SIZE_LIMIT + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > 4 * SIZE_LIMIT:
        raise Refused(f"{path.name} is too long for a form: at most {SIZE_LIMIT} characters")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{path.name} is no text in UTF-8: byte {error.start + 1} is wrong") from None


def survey(reader: Reader, definitions: Iterable[tuple[str, str]]) -> tuple[Outcome, ...]:
    """What an import of these would do. Raises Invalid naming every file that is wrong, and why."""
    return tuple(outcome for outcome, _ in _planned(reader, definitions))


def import_forms(work: Work, definitions: Sequence[tuple[str, str]]) -> Changes:
    """Take these definitions over, all of them or none; the outcome's value says what became of each.

    Only an administrator may, or, at a desk that works alone, its commander. Raises Refused and Invalid.
    """
    if not may_import(work):
        raise Refused("Only an administrator may change forms")
    planned = _planned(work, definitions)
    made: set[Id] = set()
    for outcome, form in planned:
        if outcome.result == "same":
            continue
        told = normal(form)
        plain = {**json.loads(told), "version": outcome.version}
        plain.pop("id", None)
        digest = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
        record = ids.derived(_NAMESPACE, f"form/{form.code}/{outcome.version}/{digest}")
        values = {
            "unit": None,
            "form": form.code,
            "version": outcome.version,
            "definition": json.dumps(plain, ensure_ascii=False),
        }
        if not work.update(FormVersion, record, {"voided": None}):  # an import that was undone
            work.insert(FormVersion, values, record=record)
        made.add(record)
    work.value_out = tuple(outcome for outcome, _ in planned)
    work.label = f"Import {len(made)} form{'s' if len(made) != 1 else ''}"
    return Changes(forms=frozenset(made))


def may_import(reader: Reader) -> bool:
    """Whether the person at this desk may change forms; a server would not take them from anybody else."""
    if access.may(reader, rights.ADMINISTER):
        return True
    return membership.read(reader.connection) is None and access.may(reader, rights.APPROVE)


def _planned(reader: Reader, definitions: Iterable[tuple[str, str]]) -> list[tuple[Outcome, Form]]:
    found: list[tuple[Outcome, Form]] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for name, text in definitions:
        try:
            form = read(text)
            if form.code in seen:
                raise Refused(f"The form “{form.code}” is in {seen[form.code]} too")
            seen[form.code] = name
            found.append((_outcome(reader, form), form))
        except Refused as refusal:
            problems.append(Problem(name, f"{name}: {refusal.text}"))
    if problems:
        raise Invalid(tuple(problems))
    return found


def _outcome(reader: Reader, form: Form) -> Outcome:
    asked_by = tuple(
        name
        for (name,) in reader.rows(
            "SELECT name FROM ticket_type WHERE form = ? AND voided IS NULL ORDER BY position", (form.code,)
        )
    )
    row = reader.row(
        "SELECT version, definition FROM form_version WHERE form = ? AND voided IS NULL "
        "ORDER BY version DESC, id DESC LIMIT 1",
        (form.code,),
    )
    if row is None:
        return Outcome(form.code, form.title, "new", 1, differences(None, form), asked_by)
    try:
        before: Form | None = read(row[1])
    except Refused:
        before = None  # of a newer program: what it asked cannot be told
    if before is not None and normal(before) == normal(form):
        return Outcome(form.code, form.title, "same", row[0], (), asked_by)
    return Outcome(form.code, form.title, "changed", row[0] + 1, differences(before, form), asked_by)


def versions(reader: Reader, code: str | None = None) -> tuple[FormRow, ...]:
    """The versions of a form, or of all, by code and newest first."""
    rows = reader.rows(
        "SELECT id, form, version, definition, (SELECT count(*) FROM ticket t WHERE t.form = v.id) "
        "FROM form_version v WHERE voided IS NULL AND (?1 IS NULL OR form = ?1) ORDER BY form, version DESC, id DESC",
        (code,),
    )
    found: list[FormRow] = []
    for record, name, number, definition, tickets in rows:
        newest = not found or found[-1].code != name
        try:
            form = read(definition)
            found.append(FormRow(record, name, form.title, number, newest, len(form.asked), len(form.rules), tickets))
        except Refused as refusal:
            found.append(FormRow(record, name, "", number, newest, 0, 0, tickets, refusal.text))
    return tuple(found)


def one(reader: Reader, code: str, number: int | None = None) -> Form:
    """A version of a form, the newest when no number is given. Raises NotFound, and Refused when it cannot be read."""
    row = reader.row(
        "SELECT id, definition FROM form_version WHERE form = ?1 AND voided IS NULL AND (?2 IS NULL OR version = ?2) "
        "ORDER BY version DESC, id DESC LIMIT 1",
        (code, number),
    )
    if row is None:
        which = f" version {number}" if number is not None else ""
        raise NotFound(f"There is no form “{code[:60]}”{which} here")
    return msgspec.structs.replace(read(row[1]), id=row[0])


def exported(form: Form) -> str:
    """A form as a file that can be imported again."""
    plain = msgspec.to_builtins(msgspec.structs.replace(form, id=b""), builtin_types=())
    plain.pop("id")
    return json.dumps(_lean(plain), ensure_ascii=False, indent=1) + "\n"


def _lean(plain: object) -> object:
    """Without what stands at its default, so that a person can read it."""
    if isinstance(plain, dict):
        return {
            name: value if name == "when" else _lean(value)
            for name, value in plain.items()
            if value not in ("", None, [], ())
            and not (name in ("required", "half_width") and value is False)
            and not (name == "when" and value is True)
        }
    return [_lean(part) for part in plain] if isinstance(plain, list | tuple) else plain

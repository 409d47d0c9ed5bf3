"""``worklist rules``: what the rules say, with which numbers, and what other numbers would say."""

from pathlib import Path

import click

from config import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ACTOR = "system:command"


@click.group()
def rules() -> None:
    """The rules that hold, block and prepare exams, and their thresholds."""


@rules.command("list")
@click.pass_obj
def list_thresholds(settings: Settings) -> None:
    """Print every threshold: the value in use, and what is shipped where that differs."""
    from worklist.commands.database import transaction
    from worklist.commands.numbers import print_values
    from worklist.rulebook import queries
    from worklist.rules.parameters import as_json, parameters

    with transaction(settings) as session:
        in_use = as_json(queries.thresholds(session))
        own = queries.own_values(session)
    print_values(parameters(), in_use, own)


@rules.command()
@click.argument("file", type=_FILE)
@click.option("--reason", help="Why; else the file's own.")
@click.pass_obj
def load(settings: Settings, file: Path, reason: str | None) -> None:
    """Put the thresholds of FILE (TOML) in use; what it leaves out stays as it is."""
    from worklist.clock import system_clock
    from worklist.commands.database import transaction
    from worklist.rulebook import file as files
    from worklist.rulebook import service

    content = files.read(file)
    with transaction(settings) as session:
        changed = service.change(
            session,
            content.values,
            reason=reason or content.reason,
            actor=_ACTOR,
            now=system_clock(),
        )
    click.echo(f"{file}: changed {', '.join(changed)}." if changed else f"{file}: nothing changed.")


@rules.command()
@click.argument("name", required=False)
@click.pass_obj
def history(settings: Settings, name: str | None) -> None:
    """Print who changed thresholds (or the one of NAME), when, from what to what, and why."""
    from worklist.commands.database import transaction
    from worklist.commands.numbers import print_history
    from worklist.rulebook import queries

    with transaction(settings) as session:
        print_history(queries.history(session, name=name))


@rules.command()
@click.argument("exam")
@click.pass_obj
def explain(settings: Settings, exam: str) -> None:
    """Print what the rules say now about EXAM: an accession number, or the exam's number."""
    from worklist.clock import system_clock
    from worklist.commands.database import transaction
    from worklist.scheduling import describe
    from worklist.scheduling.assessment import assess
    from worklist.scheduling.queries import find_exams

    with transaction(settings) as session:
        for number, found in enumerate(find_exams(session, exam)):
            if number:
                click.echo()
            assessment = assess(session, found, now=system_clock())
            for line in describe.lines(found, assessment):
                click.echo(line)


@rules.command()
@click.option("--days", default=30, show_default=True, help="Exams ordered in the last days.")
@click.pass_obj
def facts(settings: Settings, days: int) -> None:
    """Print the facts of the last exams as JSON, for `worklist rules check`."""
    from worklist.clock import system_clock
    from worklist.commands.database import transaction
    from worklist.rules import cases
    from worklist.scheduling.past_cases import past_cases

    with transaction(settings) as session:
        exams = tuple(past_cases(session, now=system_clock(), days=days))
    click.echo(cases.write(cases.CasesFile(exams=exams)))


@rules.command()
@click.argument("facts", type=_FILE)
@click.option("--days", default=30, show_default=True, help="Exams ordered in the last days.")
@click.pass_obj
def check(settings: Settings, facts: Path, days: int) -> None:
    """Print what the thresholds in FACTS (JSON) would change over the last exams.

    FACTS holds "thresholds", the values to try by name, and may hold "exams" as `worklist rules
    facts` prints them: then these are judged instead of the department's own. Nothing is changed.
    """
    from worklist.clock import system_clock
    from worklist.commands.database import transaction
    from worklist.rulebook import queries
    from worklist.rules import cases, describe
    from worklist.rules.parameters import with_changes
    from worklist.scheduling.past_cases import past_cases

    content = cases.read(facts.read_text("utf-8"))
    with transaction(settings) as session:
        own = queries.own_values(session)
        in_use, tried = with_changes(own), with_changes({**own, **(content.thresholds or {})})
        exams = content.exams or tuple(past_cases(session, now=system_clock(), days=days))
    found = list(cases.compare(exams, in_use, tried))
    for line in describe.differences(found, len(exams)):
        click.echo(line)


@rules.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Else printed.")
def docs(output: Path | None) -> None:
    """Write the rule catalogue as a page of the documentation."""
    from worklist.rules import describe

    page = "\n".join(describe.catalogue()) + "\n"
    if output is None:
        click.echo(page, nl=False)
    else:
        output.write_text(page, "utf-8")

"""Reads the code: services write, views don't, and nobody switches a protection off."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from partnership_portal.schedule import JOBS

_ROOT = Path(__file__).resolve().parents[2]
_APPS = (
    "partnerships",
    "notifications",
    "courses",
    "bookings",
    "evaluations",
    "compliance",
    "partnership_portal",
)
_NAMED = re.compile(r" as (\w+) %}")
_ALWAYS_WRITE = {"save", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}

# Steps of services that a service of another module takes part in; each is called under the caller's permission,
# lock and audit entry.
_INNER_STEPS = {
    "bookings.services.moving.learn_arrangements",
    "bookings.services.moving.move_booking",
    "bookings.services.access_needs.forget_dietary_needs",
    "bookings.services.access_needs.keep_access_needs",
    "bookings.services.access_needs.note_access_needs",
    "bookings.services.marks.put_back",
    "evaluations.services.kept_answers.forget_what_is_not_asked",
    "evaluations.services.kept_answers.keep_answers",
    "bookings.services.marks.settle",
    "bookings.services.marks.write_marks",
    "bookings.services.approvals.ask_for_approval",
    "bookings.services.places.write_booking",
    "bookings.services.ending.close_request",
    "bookings.services.ending.end_booking",
    "courses.services.courses.link_course",
    "bookings.services.prerequisites.carry_prerequisite",
    "bookings.services.prerequisites.keep_on",
    "bookings.services.prerequisites.delete_evidence",
    "bookings.services.prerequisites.keep_prerequisite",
    "bookings.services.organisations.put_in_name_of",
    "bookings.services.queue.allocate",
    "bookings.services.queue.confirm",
    "bookings.services.queue.lapse_offers_of",
    "bookings.services.queue.settle",
    "bookings.services.quotas.merge_quotas",
    "bookings.services.tasks.carry_tasks",
    "evaluations.services.analysis_files.drop_files",
    "evaluations.services.bundles.drop_bundles_with",
    "evaluations.services.line_managers.send_to",
    "partnerships.services.builds.delete_files_of_nobody",
    "partnerships.services.profile_ledger.close_ledger",
    "partnerships.services.structure.found_partnership",
}


def sources(*names: str) -> Iterator[tuple[str, str, ast.Module]]:
    for app in _APPS:
        for path in sorted((_ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts and (not names or any(name in path.parts for name in names)):
                text = path.read_text("utf-8")
                yield str(path.relative_to(_ROOT)), text, ast.parse(text)


def writes(tree: ast.AST) -> list[str]:
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if not isinstance(call.func, ast.Attribute):
            continue
        receiver = ast.unparse(call.func.value)
        name = call.func.attr
        on_rows = "objects" in receiver or "filter(" in receiver
        if name in _ALWAYS_WRITE or (name in {"create", "update"} and on_rows):
            found.append(f"{receiver}.{name}")
    return found


def test_views_never_write() -> None:
    guilty = {path: writes(tree) for path, _, tree in sources("views", "views.py") if writes(tree)}
    assert guilty == {}


def test_the_search_for_writes_finds_them() -> None:
    text = "def view(request):\n    Person.objects.filter(pk=1).update(name='x')\n    person.save()\n    {}.update(a=1)"
    assert len(writes(ast.parse(text))) == 2


def test_services_that_write_take_the_actor_first_and_by_name() -> None:
    jobs = {f"{job.__module__}.{job.__name__}" for jobs in JOBS.values() for job in jobs.values()}
    guilty = []
    for path, _, tree in sources("services"):
        module = path.removesuffix(".py").replace("/", ".")
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            name = f"{module}.{function.name}"
            if function.name.startswith("_") or not writes(function) or name in jobs | _INNER_STEPS:
                continue
            by_name = [argument.arg for argument in function.args.kwonlyargs]
            if function.args.args or by_name[:1] != ["actor"]:
                guilty.append(name)
    assert guilty == []


def test_modules_of_services_that_write_keep_the_trail() -> None:
    # What an inner step does is written down by the service that calls it; loading a file, by its ledger.
    quiet = {name.rpartition(".")[0] for name in _INNER_STEPS}
    guilty = [
        path
        for path, text, tree in sources("services")
        if writes(tree)
        and "audit.record" not in text
        and "profile_ledger import" not in text
        and path.removesuffix(".py").replace("/", ".") not in quiet
    ]
    assert guilty == []


def test_the_inner_steps_are_still_there() -> None:
    there = {
        f"{path.removesuffix('.py').replace('/', '.')}.{node.name}"
        for path, _, tree in sources("services")
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    assert there >= _INNER_STEPS


@pytest.mark.parametrize("word", ["csrf_exempt", "mark_safe(request", "row_security", "verify=False"])
def test_no_protection_is_switched_off(word) -> None:
    assert [path for path, text, _ in sources() if word in text] == []


def test_nobody_matches_on_a_partnerships_name() -> None:
    names = ("herefordshire", "hampshire", "sandwell", "harrow", "hartlepool", "stockton")
    guilty = [
        (path, node.lineno)
        for path, _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(
            isinstance(part, ast.Constant) and str(part.value).lower() in names for part in ast.walk(node)
        )
    ]
    assert guilty == []


def test_templates_carry_no_inline_script_or_style() -> None:
    guilty = []
    for path in sorted((_ROOT / "templates").rglob("*.html")):
        if "messages" in path.parts or "pdf" in path.parts or "email" in path.parts:
            continue  # mail programs read nothing but inline style, and documents have no policy
        text = path.read_text("utf-8")
        if "<script>" in text or ' style="' in text or " onclick=" in text or "<style" in text:
            guilty.append(str(path.relative_to(_ROOT)))
    assert guilty == []


def test_what_is_named_before_the_content_is_not_read_in_it() -> None:
    """A name ends with its block: a link in the content that reads it leads to the very page it is on."""
    guilty = []
    for path in sorted((_ROOT / "templates").rglob("*.html")):
        _, _, after = path.read_text("utf-8").partition("{% block before_content %}")
        before, _, content = after.partition("{% endblock %}")
        named = set(_NAMED.findall(before)) - set(_NAMED.findall(content))
        read = re.findall(r"(?:{{ |=)(\w+)(?=[ |}])", content)
        guilty += [f"{path.relative_to(_ROOT)}: {name}" for name in sorted(named.intersection(read))]
    assert guilty == []

"""Which custom field of one plan holds which of our rollup fields, and why one of them cannot."""

from __future__ import annotations

from difflib import get_close_matches

from connectors.ms_project.custom_fields import (
    FIELD_IDS,
    NAMES,
    NUMERIC_SLOTS,
    Kind,
    PlanField,
    can_hold,
    kind_of,
    project_name,
)
from connectors.ms_project.layout import Definition, Layout
from connectors.ms_project.settings import ProjectFileSettings
from connectors.ms_project.units import moment
from portfolio.intents import FieldName

_FINISH_TIME = "17:00:00"


def resolve(settings: ProjectFileSettings, layout: Layout) -> dict[str, PlanField]:
    """Our fields as this plan holds them."""
    found: dict[str, PlanField] = {}
    taken: dict[str, str] = {}
    for slot, name in settings.write_fields.items():
        field = _resolve(settings, layout, slot, name)
        if field.problem is None and (other := taken.setdefault(field.field_id, slot)) != slot:
            field = PlanField(slot=slot, name=name, problem=f"{name} is the field that holds {other} already")
        found[slot] = field
    return found


def _resolve(settings: ProjectFileSettings, layout: Layout, slot: FieldName, name: str) -> PlanField:
    wanted = name.casefold()
    fitting = [
        one
        for one in layout.definitions
        if one.field_id in NAMES and wanted in (one.alias.casefold(), NAMES[one.field_id].casefold())
    ]
    if len(fitting) > 1:
        listed = ", ".join(NAMES[one.field_id] for one in fitting)
        return PlanField(slot=slot, name=name, problem=f"{name} means {len(fitting)} fields here: {listed}")
    if fitting:
        return _known(settings, layout, slot, name, fitting[0])
    return _new(settings, layout, slot, name)


def _known(
    settings: ProjectFileSettings, layout: Layout, slot: FieldName, name: str, one: Definition
) -> PlanField:
    title = NAMES[one.field_id]
    kind = kind_of(title)
    assert kind is not None  # noqa: S101 - only these ids were looked at
    read = {text.casefold() for text in (*settings.fields.twin_key, *settings.fields.team)}
    problem = None
    if not can_hold(kind, slot):
        problem = f"{name} is the {kind} field {title}, which cannot hold it"
    elif one.is_computed:
        problem = f"{name} ({title}) is calculated by Project, so what is written there would not stay"
    elif one.has_list:
        problem = f"{name} ({title}) takes only values of a list"
    elif {one.alias.casefold(), title.casefold()} & read:
        problem = f"{name} ({title}) is read as a key or a team, and stays people's"
    return _field(settings, layout, slot, name, one.field_id, kind, is_new=False, problem=problem)


def _new(settings: ProjectFileSettings, layout: Layout, slot: FieldName, name: str) -> PlanField:
    define = {key.casefold(): value for key, value in settings.write.define.items()} if settings.write else {}
    target = project_name(define.get(name.casefold(), ""))
    if target is None:
        title = project_name(name)
        known = {one.alias or NAMES[one.field_id] for one in layout.definitions if one.field_id in NAMES}
        near = get_close_matches(name, known, n=2, cutoff=0.6)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        suggestion = f"{{{name}: {title or 'Text30'}}}"
        return PlanField(
            slot=slot,
            name=name,
            problem=f"the plan has no field {name}{hint}; `write.define: {suggestion}` would make it",
        )
    field_id = FIELD_IDS[target]
    holder = next((one for one in layout.definitions if one.field_id == field_id), None)
    kind = kind_of(target)
    assert kind is not None  # noqa: S101 - the settings allow no other
    problem = None
    if holder is not None or field_id in layout.used_fields:
        used_as = f", as {holder.alias}" if holder is not None and holder.alias else ""
        problem = f"{target} is not free in this plan{used_as}: name another field under `write.define`"
    return _field(settings, layout, slot, name, field_id, kind, is_new=True, problem=problem)


def _field(
    settings: ProjectFileSettings,
    layout: Layout,
    slot: FieldName,
    name: str,
    field_id: str,
    kind: Kind,
    *,
    is_new: bool,
    problem: str | None,
) -> PlanField:
    labels = settings.write.values.get(slot, {}) if settings.write else {}
    if problem is None and kind == "number" and labels and slot in NUMERIC_SLOTS:
        problem = f"{name} is a number field and holds no words: remove write.values.{slot}"
    return PlanField(
        slot=slot,
        name=name,
        field_id=field_id,
        kind=kind,
        labels=labels,
        finish_time=_finish_time(layout),
        is_new=is_new,
        problem=problem,
    )


def _finish_time(layout: Layout) -> str:
    """The end of a day in this plan, which is when Project lets a date without a time end."""
    text = layout.finish_time or ""
    try:
        at = moment(f"2026-01-01T{text}")
    except ValueError:
        return _FINISH_TIME
    return text if at is not None and len(text) == 8 else _FINISH_TIME

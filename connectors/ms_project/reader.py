"""The streaming reader: bytes of a plan in, rows out.

It is fed bytes, keeps only what the model needs and forgets each element as soon as it is read, so memory
follows the rows, not the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from lxml import etree

from connectors.ms_project.wire import (
    AssignmentRow,
    BaselineRow,
    CalendarRow,
    DayRow,
    ExceptionRow,
    FieldRow,
    HoursRow,
    LinkRow,
    PlanRows,
    ResourceRow,
    TaskRow,
    ValueRow,
    WeekRow,
)

NAMESPACE_PREFIX = "http://schemas.microsoft.com/project"  # …/2007 in the published schema, in no real file

# One record larger than this is no record of a plan; without the limit it would be held in memory whole.
MAX_RECORD_BYTES = 32 * 1024 * 1024


class NotAPlan(Exception):
    """Well-formed XML, but not what Microsoft Project writes. The text says what it is instead."""


# Element name → field name.
_LINK = {
    "PredecessorUID": "predecessor_uid", "Type": "type", "LinkLag": "lag", "LagFormat": "lag_format",
    "CrossProjectName": "cross_project",
}  # fmt: skip
_BASELINE = {
    "Number": "number", "Start": "start", "Finish": "finish", "Duration": "duration",
    "DurationFormat": "duration_format", "Work": "work", "Cost": "cost",
}  # fmt: skip
_VALUE = {"FieldID": "field_id", "Value": "value", "ValueGUID": "value_guid"}
_TASK = {
    "UID": "uid", "ID": "id", "Name": "name", "Active": "active", "IsNull": "is_null",
    "CreateDate": "created", "OutlineNumber": "outline_number", "OutlineLevel": "outline_level",
    "Priority": "priority", "Start": "start", "Finish": "finish", "Duration": "duration",
    "DurationFormat": "duration_format", "Work": "work", "Milestone": "milestone", "Summary": "summary",
    "Critical": "critical", "Manual": "manual", "StartText": "start_text", "FinishText": "finish_text",
    "DurationText": "duration_text", "IsSubproject": "is_subproject", "ExternalTask": "is_external",
    "EarlyStart": "early_start", "EarlyFinish": "early_finish", "LateStart": "late_start",
    "LateFinish": "late_finish", "FreeSlack": "free_slack", "TotalSlack": "total_slack",
    "PercentComplete": "percent_complete", "Cost": "cost", "ActualStart": "actual_start",
    "ActualFinish": "actual_finish", "ActualWork": "actual_work", "ActualCost": "actual_cost",
    "RemainingWork": "remaining_work", "ConstraintType": "constraint_type",
    "ConstraintDate": "constraint_date", "Deadline": "deadline", "CalendarUID": "calendar_uid",
    "RemainingDuration": "remaining_duration",
}  # fmt: skip
_RESOURCE = {
    "UID": "uid", "Name": "name", "Type": "type", "IsNull": "is_null", "IsCostResource": "is_cost",
    "IsGeneric": "is_generic", "IsInactive": "is_inactive", "IsBudget": "is_budget",
    "EmailAddress": "email", "MaxUnits": "max_units",
}  # fmt: skip
_ASSIGNMENT = {"TaskUID": "task_uid", "ResourceUID": "resource_uid"}
_CALENDAR = {"UID": "uid", "Name": "name", "BaseCalendarUID": "base_uid"}
_DAY = {"DayType": "type", "DayWorking": "working"}
_HOURS = {"FromTime": "from_time", "ToTime": "to_time"}
_PERIOD = {"FromDate": "from_date", "ToDate": "to_date"}
_EXCEPTION = {
    "DayWorking": "working", "Type": "type", "EnteredByOccurrences": "by_occurrences",
    "Occurrences": "occurrences", "Period": "period", "DaysOfWeek": "days_of_week",
    "MonthItem": "month_item", "MonthPosition": "month_position", "Month": "month", "MonthDay": "month_day",
}  # fmt: skip
_FIELD = {"FieldID": "field_id", "FieldName": "field_name", "Alias": "alias"}
_HEADER = frozenset({
    "Name", "Title", "GUID", "Manager", "StatusDate", "CalendarUID", "MinutesPerDay", "MinutesPerWeek",
    "CurrencyCode", "CurrencySymbol", "LastSaved", "StartDate", "ScheduleFromStart",
})  # fmt: skip

_SECTION_OF = {"Task": "Tasks", "Resource": "Resources", "Assignment": "Assignments", "Calendar": "Calendars"}
_WHOLE = frozenset({"ExtendedAttributes", "OutlineCodes"})  # small tables at the top, read at their end
_RECORDS = frozenset(_SECTION_OF) | _WHOLE


_TABLES: Mapping[str, Mapping[str, str]] = {
    "task": _TASK, "link": _LINK, "baseline": _BASELINE, "value": _VALUE, "resource": _RESOURCE,
    "assignment": _ASSIGNMENT, "calendar": _CALENDAR, "day": _DAY, "period": _PERIOD, "hours": _HOURS,
    "exception": _EXCEPTION, "field": _FIELD,
}  # fmt: skip


class PlanReader:
    """Reads one plan from bytes as they come: `feed` them, then `close`.

    Raises:
        etree.XMLSyntaxError: not well-formed, cut off, nested too deep, or of an encoding that does not hold.
        NotAPlan: another root element, a document type, or a record of absurd size.
    """

    def __init__(self) -> None:
        # No DTD is loaded, no entity expanded, no address opened; huge_tree stays off, which keeps libxml2's
        # own limits on depth, text and names.
        self._parser = etree.XMLPullParser(
            events=("start", "end"),
            tag=[f"{{*}}{name}" for name in ("Project", *_RECORDS)],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        self._root: etree._Element | None = None
        self._namespace = ""
        self._names: dict[str, dict[str, str]] = {}
        self._unread_bytes = 0
        self._rows = PlanRows(
            header={}, tasks=[], resources=[], assignments=[], calendars=[], fields=[], lookup={}
        )

    def feed(self, data: bytes) -> None:
        """Read a little more."""
        self._parser.feed(data)
        self._unread_bytes += len(data)
        self._drain()
        if self._root is not None:
            if self._prune(self._root):
                self._unread_bytes = 0
            if self._unread_bytes > MAX_RECORD_BYTES:
                raise NotAPlan(f"holds a single element of more than {MAX_RECORD_BYTES // 2**20} MB")

    def close(self) -> PlanRows:
        """The rows, once the file was read to its end."""
        root = self._parser.close()
        self._drain()
        if self._root is None:
            raise NotAPlan(f"is XML, but not a Microsoft Project plan (its root element is {_local(root)})")
        self._harvest(list(self._root))
        return self._rows

    def _drain(self) -> None:
        for event, element in self._parser.read_events():
            if not isinstance(element, etree._Element):  # noqa: SLF001 - its only public name; a namespace event has none
                continue
            if event == "end":
                self._unread_bytes = 0
                self._take(element)
            elif self._root is None:
                self._begin(element)

    def _begin(self, element: etree._Element) -> None:
        if element.getparent() is not None or _local(element) != "Project":
            raise NotAPlan("is XML, but not a Microsoft Project plan")
        if element.getroottree().docinfo.internalDTD is not None:
            raise NotAPlan("has a document type (DOCTYPE), which no plan has and which is refused")
        namespace = etree.QName(element).namespace or ""
        if namespace and not namespace.startswith(NAMESPACE_PREFIX):
            raise NotAPlan("is XML with a root element Project, but not in Microsoft Project's namespace")
        self._root = element
        self._namespace = f"{{{namespace}}}" if namespace else ""
        self._names = {name: self._tagged(table) for name, table in _TABLES.items()}

    def _tagged(self, table: Mapping[str, str]) -> dict[str, str]:
        return {f"{self._namespace}{name}": field for name, field in table.items()}

    def _take(self, element: etree._Element) -> None:
        parent = element.getparent()
        if parent is None:  # the end of Project itself: what is left of it is read by close()
            return
        name = _local(element)
        if parent is self._root and name in _WHOLE:
            self._take_table(name, element)
            element.clear()
        elif _SECTION_OF.get(name) == _local(parent) and parent.getparent() is self._root:
            self._take_record(name, element)
            element.clear()
            while element.getprevious() is not None:
                del parent[0]

    def _take_record(self, name: str, element: etree._Element) -> None:
        rows = self._rows
        if name == "Task":
            rows.tasks.append(self._task(element))
        elif name == "Assignment":
            rows.assignments.append(AssignmentRow(**self._flat(element, "assignment")))
        elif name == "Resource":
            rows.resources.append(ResourceRow(**self._flat(element, "resource")))
        else:
            rows.calendars.append(self._calendar(element))

    def _take_table(self, name: str, element: etree._Element) -> None:
        if name == "ExtendedAttributes":
            self._rows.fields.extend(FieldRow(**self._flat(child, "field")) for child in element)
        for value in element.iter(f"{self._namespace}Value"):
            guid = value.findtext(f"{self._namespace}FieldGUID") or value.findtext(f"{self._namespace}GUID")
            text = value.findtext(f"{self._namespace}Value")
            if guid and text:
                self._rows.lookup[guid.strip().upper()] = text.strip()

    def _flat(self, element: etree._Element, table: str) -> dict[str, str]:
        names = self._names[table]
        found: dict[str, str] = {}
        for child in element:
            field = names.get(child.tag)  # a comment's tag is a function and is in no table
            if field is not None and (text := child.text) and (text := text.strip()):
                found[field] = text
        return found

    def _task(self, element: etree._Element) -> TaskRow:
        names = self._names["task"]
        link, baseline, value = (
            f"{self._namespace}{name}" for name in ("PredecessorLink", "Baseline", "ExtendedAttribute")
        )
        found: dict[str, str] = {}
        links: list[LinkRow] = []
        baselines: list[BaselineRow] = []
        values: list[ValueRow] = []
        for child in element:
            tag = child.tag
            field = names.get(tag)
            if field is not None:
                if (text := child.text) and (text := text.strip()):
                    found[field] = text
            elif tag == link:
                links.append(LinkRow(**self._flat(child, "link")))
            elif tag == baseline:
                baselines.append(BaselineRow(**self._flat(child, "baseline")))
            elif tag == value:
                values.append(ValueRow(**self._flat(child, "value")))
        return TaskRow(links=tuple(links), baselines=tuple(baselines), values=tuple(values), **found)

    def _calendar(self, element: etree._Element) -> CalendarRow:
        return CalendarRow(
            days=tuple(self._days(element)),
            weeks=tuple(
                WeekRow(days=tuple(self._days(week)), **self._period(week))
                for week in self._each(element, "WorkWeeks", "WorkWeek")
            ),
            exceptions=tuple(
                ExceptionRow(
                    hours=self._hours(child), **self._flat(child, "exception"), **self._period(child)
                )
                for child in self._each(element, "Exceptions", "Exception")
            ),
            **self._flat(element, "calendar"),
        )

    def _days(self, element: etree._Element) -> Iterable[DayRow]:
        for day in self._each(element, "WeekDays", "WeekDay"):
            yield DayRow(hours=self._hours(day), **self._flat(day, "day"), **self._period(day))

    def _hours(self, element: etree._Element) -> tuple[HoursRow, ...]:
        return tuple(
            HoursRow(**self._flat(stretch, "hours"))
            for stretch in self._each(element, "WorkingTimes", "WorkingTime")
        )

    def _period(self, element: etree._Element) -> dict[str, str]:
        period = element.find(f"{self._namespace}TimePeriod")
        return {} if period is None else self._flat(period, "period")

    def _each(self, element: etree._Element, section: str, name: str) -> Iterable[etree._Element]:
        return element.iterfind(f"{self._namespace}{section}/{self._namespace}{name}")

    def _harvest(self, finished: Iterable[etree._Element]) -> None:
        for child in finished:
            name = _local(child)
            if name in _HEADER and child.text and child.text.strip():
                self._rows.header.setdefault(name, child.text.strip()[:1000])

    def _prune(self, root: etree._Element) -> bool:
        """Forget what is finished; True while the parser stands outside every record.

        Views, filters, reports and whatever else stands in the file would otherwise pile up: lxml's tree of a
        48 MB plan is 445 MB. The last child stays, since the parser may still be writing to it.
        """
        self._harvest(islice(root, max(0, len(root) - 1)))
        node = root
        while len(node):
            del node[:-1]  # in one go: one by one is quadratic
            node = node[-1]
            if _local(node) in _RECORDS:
                return False
        return True


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""

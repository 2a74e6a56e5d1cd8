"""The columns of lists, each drawn by the same part as everywhere else on the desk.

`place` says where the cell stands in the two lines of a phone: m1 name, m2 amount, m3 state, m4 reference.
`wide` columns leave a narrow pane. `sort` names the `Sort` that the header offers.
"""

from collections.abc import Callable
from typing import Any

import django_tables2
from django.template.loader import get_template

from billing.money import Money
from dashboard.lists.names import name_of
from dashboard.parts.templatetags import desk


def part(name: str, values: dict[str, Any]) -> str:
    return get_template(f"parts/{name}.html").render(values)


class ListColumn(django_tables2.Column):
    """A column of plain text; of a field with choices, the label."""

    end = False
    fill = False
    heading = False

    def __init__(
        self,
        label: str = "",
        *,
        accessor: Any = None,
        sort: str = "",
        place: str = "",
        wide: bool = False,
        dim: bool = False,
        shown: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(
            verbose_name=label or None, accessor=accessor, orderable=False, empty_values=(), **more
        )
        self.sort, self.shown, self.place = sort, shown, place
        words = ["end" if self.end else "", "fill" if self.fill else "", place, "p3" if wide else ""]
        self.head_class = " ".join(word for word in (words[0], words[3]) if word)
        self.cell_class = " ".join(word for word in (*words, "dim" if dim else "") if word)

    def render(self, value: Any) -> Any:
        return "" if value is None else value


class Reference(ListColumn):
    """The row's reference, which opens its page; the header cell of the row."""

    heading = True

    def __init__(self, label: str = "Reference", *, address: Callable[[Any], str], **more: Any) -> None:
        super().__init__(label, **{"place": "m4", **more})
        self.address = address

    def render(self, value: Any, record: Any) -> Any:  # type: ignore[override]
        return part("ref", desk.ref(value, self.address(record)))


class State(ListColumn):
    """A state of one machine, or what `value_of` makes of the row."""

    def __init__(
        self, machine: str, label: str = "State", *, value_of: Callable[[Any], str] | None = None, **more: Any
    ) -> None:
        super().__init__(label, **{"place": "m3", **more})
        self.machine, self.value_of = machine, value_of

    def render(self, record: Any, bound_column: Any) -> Any:  # type: ignore[override]
        # The value as stored: django-tables2 hands out the label of a field that has choices.
        value = self.value_of(record) if self.value_of else bound_column.accessor.resolve(record)
        return part("state", desk.state(self.machine, value))


class CustomerName(ListColumn):
    """A customer in their own script; select `customer__identity` with the rows."""

    fill = True

    def __init__(self, label: str = "Customer", *, accessor: Any = "customer", **more: Any) -> None:
        super().__init__(label, accessor=accessor, **{"place": "m1", **more})

    def render(self, value: Any) -> Any:
        text, language = name_of(value)
        return part("name", {"text": text, "language": language, "url": None})


class Amount(ListColumn):
    """Minor units of one field with the currency of another; `none` is what None reads."""

    end = True

    def __init__(
        self, label: str = "Amount", *, currency: str = "currency", none: str | None = None, **more: Any
    ) -> None:
        super().__init__(label, **more)
        self.currency, self.none = currency, none

    def render(self, value: Any, record: Any) -> Any:  # type: ignore[override]
        if value is None and self.none is not None:
            return self.none
        if isinstance(value, Money):
            return part("money", desk.money(value))
        return part("money", desk.money(value, getattr(record, self.currency)))


class Moment(ListColumn):
    """A moment, short; the hover has the whole of it."""

    end = True

    def __init__(self, label: str = "", *, none: str = "", **more: Any) -> None:
        super().__init__(label, **{"dim": True, **more})
        self.none = none

    def render(self, value: Any) -> Any:
        return part("when", desk.when(value, "short")) if value else self.none


class Day(ListColumn):
    """A day, short."""

    end = True

    def __init__(self, label: str = "", *, none: str = "", **more: Any) -> None:
        super().__init__(label, **{"dim": True, **more})
        self.none = none

    def render(self, value: Any) -> Any:
        return part("day", desk.day(value, "short")) if value else self.none


class Made(ListColumn):
    """Text that a function makes of the row; `figures` aligns it at the end."""

    def __init__(self, label: str, make: Callable[[Any], Any], *, figures: bool = False, **more: Any) -> None:
        self.end = figures
        super().__init__(label, accessor="pk", **more)
        self.make = make

    def render(self, record: Any) -> Any:
        return self.make(record)


class ListTable(django_tables2.Table):
    """The base of every list's table: declare the columns in the order in which they stand."""

    class Meta:
        orderable = False
        template_name = "lists/table.html"

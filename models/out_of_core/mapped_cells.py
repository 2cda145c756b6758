"""The cells of a stranger's table as SQL, by our fields: text until somebody asks what it means.

``mapped_columns`` and ``mapped_time`` make our columns of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.errors import SourceUnreadable
from models.sources.column_map import TableMap, headings

# What stands for nothing in tables that passed through other hands.
_EMPTY = ("", "null", "nan", "none", "n/a")
_HEADINGS_TOLD = 40


def identifier(name: str) -> str:
    """A heading as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The cells of a shown table, by our fields."""

    table: TableMap
    kinds: Mapping[str, str]
    columns: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls, table: TableMap, kinds: Mapping[str, str], fields: Mapping[str, str], where: str
    ) -> "Cells":
        """What the map says; a field that it does not name has its own heading. Raises ``SourceUnreadable``."""
        told = {field: headings(one) for field, one in table.columns.items()}
        for field in fields:
            if field in kinds and field not in told and field not in table.constants:
                told[field] = (field,)
        for field, names in told.items():
            for name in names:
                if name not in kinds:
                    raise SourceUnreadable(
                        source=where,
                        missing=f"there is no column {name!r}, which is to be {field}",
                        mend=f"it has {', '.join(list(kinds)[:_HEADINGS_TOLD])}: name one in the map",
                    )
        return cls(table=table, kinds=kinds, columns=told)

    def has(self, field: str) -> bool:
        """Whether anything tells this field."""
        return field in self.columns or field in self.table.constants

    def text(self, field: str, between: str = "/") -> str:
        """The field as text, NULL where it is empty; several columns as one text."""
        if field in self.table.constants:
            return literal(self.table.constants[field])
        names = self.columns.get(field)
        if names is None:
            return "CAST(NULL AS VARCHAR)"
        parts = [self._cell(name) for name in names]
        return parts[0] if len(parts) == 1 else f"({f' || {literal(between)} || '.join(parts)})"

    def number(self, field: str) -> str:
        """The field as a number, NULL where it is none."""
        text = self.text(field)
        if self.table.decimal == ",":
            text = f"REPLACE(REPLACE({text}, '.', ''), ',', '.')"
        elif self.table.decimal == ".":
            text = f"REPLACE({text}, ',', '')"
        return f"TRY_CAST({text} AS DOUBLE)"

    def native(self, field: str, *kinds: str) -> str | None:
        """The field's one column as it is, if it is of one of these types."""
        names = self.columns.get(field, ())
        if len(names) != 1 or not self.kinds[names[0]].startswith(kinds):
            return None
        return identifier(names[0])

    def told(self) -> str:
        """The headings there are, for whoever must mend a map."""
        return ", ".join(list(self.kinds)[:_HEADINGS_TOLD])

    def _cell(self, name: str) -> str:
        cell = identifier(name)
        text = f"{cell} ->> '$'" if self.kinds[name] == "JSON" else f"CAST({cell} AS VARCHAR)"
        empty = ", ".join(literal(one) for one in _EMPTY)
        return f"CASE WHEN LOWER(TRIM({text})) NOT IN ({empty}) THEN TRIM({text}) END"

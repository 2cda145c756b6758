"""A stranger's tables – CSV, JSON lines or Parquet, in columns of their own – written as a source folder in ours.

``edge.cli.model_source`` calls it before anything is read; ``sources.journey`` or the stage then read the folder.

Everything is text until it is asked what it means: what cannot be read becomes an empty field, and a reader of
``sources`` counts its row. Memory is bounded by DuckDB's limit, whatever the size of the tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import SourceUnreadable
from models.out_of_core.duck import Duck, DuckLimits
from models.out_of_core.mapped_cells import Cells, identifier, literal
from models.out_of_core.mapped_columns import product_columns, promotion_columns, till_columns
from models.out_of_core.mapped_time import placed_in_time
from models.sources.column_map import (
    PRODUCT_FIELDS,
    PROMOTION_FIELDS,
    TRANSACTION_FIELDS,
    SourceMap,
    TableMap,
)

# What these tables need is little: a join and a sort, which spill.
_LIMITS = DuckLimits(memory_mb=1024, threads=2)
_TEXT = (".csv", ".tsv", ".txt")
_LINES = (".jsonl", ".ndjson")
_ENDINGS = (*_TEXT, *(f"{ending}.gz" for ending in _TEXT), *_LINES, ".parquet")
_FIELDS = {
    "transactions": TRANSACTION_FIELDS,
    "products": PRODUCT_FIELDS,
    "promotions": PROMOTION_FIELDS,
}
_TABLES = tuple(_FIELDS)

OnStep = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSource:
    """The folder in our columns; ``broken``: lines that could not be taken apart into cells."""

    folder: Path
    broken: int


def needs_writing(source: Path) -> bool:
    """Whether a source without a map is not yet in Parquet: a file, or a folder with tables of text."""
    if source.is_file():
        return True
    parquet = (source / "transactions.parquet").exists() or (source / "transactions").is_dir()
    return not parquet and bool(_files_of(source, "transactions"))


def write_mapped(
    source: Path, told: SourceMap | None, out: Path, on_step: OnStep
) -> WrittenSource:
    """Write ``source``, a folder or a single file of till rows, into the new folder ``out``.

    ``told``: the map; None = the tables have our columns already. Raises ``SourceUnreadable``, ``StageFailed``.
    """
    if not source.exists():
        raise SourceUnreadable(source=str(source), missing="it is not there")
    map_ = told or _in_our_columns(source)
    out.mkdir(parents=True)
    with Duck(_LIMITS, out.with_name(f".{out.name}.spill"), in_order=True) as duck:
        writer = _Writer(duck, source, out, map_)
        for number, name in enumerate(_TABLES):
            on_step(f"reading {name}", number / len(_TABLES))
            writer.write(name)
        broken = duck.rejected()
    on_step("read", 1.0)
    return WrittenSource(folder=out, broken=broken)


def _in_our_columns(source: Path) -> SourceMap:
    folder = source if source.is_dir() else source.parent
    products, promotions = (
        TableMap() if _files_of(folder, name) else None for name in _TABLES[1:]
    )
    return SourceMap(transactions=TableMap(), products=products, promotions=promotions)


def _files_of(folder: Path, name: str) -> tuple[Path, ...]:
    return tuple(sorted(one for ending in _ENDINGS for one in folder.glob(f"{name}{ending}")))


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one table after the other."""

    duck: Duck
    source: Path
    out: Path
    map: SourceMap

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.source if self.source.is_dir() else self.source.parent

    def write(self, name: str) -> None:
        """Write the table of this name, if there is one."""
        table: TableMap | None = getattr(self.map, name)
        if name == "products" and table is None:
            self._products_of_the_till()
            return
        if table is None:
            return
        cells = self._shown(name, table, _FIELDS[name])
        made = self._made(name, cells)
        if name == "products" and table.files == self.map.transactions.files:
            self._once_each(made)
            return
        self._copy(name, f"shown_{name}", made)

    def _once_each(self, made: Mapping[str, str]) -> None:
        """Products told by the till's own rows are told many times, which is no fault: the first counts."""
        listed = ", ".join(f"{sql} AS {column}" for column, sql in made.items())
        self.duck.view(
            "once_each",
            f"SELECT DISTINCT ON (product_id) {listed}, place"  # noqa: S608  # headings are quoted
            " FROM (SELECT *, ROW_NUMBER() OVER () AS place FROM shown_products)"
            " ORDER BY product_id, place",
        )
        self._copy("products", "once_each", {column: column for column in made})

    def _made(self, name: str, cells: Cells) -> dict[str, str]:
        if name == "products":
            return product_columns(cells, self.map.not_goods)
        return till_columns(cells) if name == "transactions" else promotion_columns(cells)

    def _products_of_the_till(self) -> None:
        """Without a table of products: whatever was sold, and nothing known of it."""
        excluded = ", ".join(literal(one) for one in self.map.not_goods) or "NULL"
        self.duck.table("till", str(self.out / "transactions.parquet"))
        self.duck.view(
            "sold",
            "SELECT DISTINCT product_id FROM till WHERE product_id IS NOT NULL ORDER BY product_id",
        )
        department = (
            f"CASE WHEN CAST(product_id AS VARCHAR) IN ({excluded}) THEN 'MISCELLANEOUS' END"
        )
        self._copy("products", "sold", {"product_id": "product_id", "department": department})

    def _shown(self, name: str, table: TableMap, fields: Mapping[str, str]) -> Cells:
        """Show the table with what is joined to it as ``shown_<name>``."""
        raw = f"raw_{name}"
        self._show(raw, self._files(name, table), table)
        sql = f"FROM {raw}"  # names of ours
        for number, joined in enumerate(table.join):
            beside = f"{raw}_{number}"
            self._show(beside, self._matching((joined.file,)), table)
            if joined.timeline is not None:
                self.duck.view(f"{beside}_placed", placed_in_time(beside, joined.timeline))
                beside = f"{beside}_placed"
            sql += f" LEFT JOIN {beside} USING ({identifier(joined.on)})"
        self.duck.view(f"shown_{name}", f"SELECT * {sql}")  # headings are quoted
        kinds = self.duck.kinds(f"shown_{name}")
        return Cells.of(table, kinds, fields, self._where(name, table))

    def _where(self, name: str, table: TableMap) -> str:
        return ", ".join(one.name for one in self._files(name, table)[:3])

    def _files(self, name: str, table: TableMap) -> tuple[Path, ...]:
        # One file was named: it is the till's, and whatever else the map finds in the same table.
        own = name == "transactions" or table.files == self.map.transactions.files
        if own and self.source.is_file():
            return (self.source,)
        if table.files:
            return self._matching(table.files)
        found = _files_of(self.folder, name)
        if not found:
            raise SourceUnreadable(
                source=str(self.folder),
                missing=f"there is no {name} table",
                mend=f"give {name}.csv, .tsv, .jsonl or .parquet, or name the file in the map",
            )
        return found

    def _matching(self, patterns: tuple[str, ...]) -> tuple[Path, ...]:
        found = sorted({one for pattern in patterns for one in self.folder.glob(pattern)})
        if not found:
            raise SourceUnreadable(
                source=str(self.folder),
                missing=f"there is no {' or '.join(patterns)}",
                mend="put the file there, or name another in the map",
            )
        return tuple(found)

    def _show(self, name: str, files: tuple[Path, ...], table: TableMap) -> None:
        endings = {one.name.removesuffix(".gz").rpartition(".")[2].lower() for one in files}
        if len(endings) > 1:
            raise SourceUnreadable(
                source=str(self.folder),
                missing=f"the files of one table end in {', '.join(sorted(endings))}",
                mend="give one form alone",
            )
        listed = f"[{', '.join(literal(str(one)) for one in files)}]"
        ending = f".{endings.pop()}"
        if ending == ".parquet":
            self.duck.show(name, f"FROM read_parquet({listed}, union_by_name = true)")
        elif ending in _LINES:
            self.duck.show(
                name,
                f"FROM read_json({listed}, format = 'newline_delimited', ignore_errors = true,"
                " union_by_name = true, convert_strings_to_integers = false)",
            )
        else:
            self.duck.show(name, " UNION ALL BY NAME ".join(_text(one, table) for one in files))

    def _copy(self, name: str, shown: str, columns: Mapping[str, str]) -> None:
        listed = ", ".join(f"{sql} AS {column}" for column, sql in columns.items())
        self.duck.copy(
            f"SELECT {listed} FROM {shown}",  # noqa: S608  # headings are quoted
            self.out / f"{name}.parquet",
        )
        self._numbers(name)

    def _numbers(self, name: str) -> None:
        """Ids that are whole numbers throughout are written as such: smaller, and as the stage wants them."""
        path = self.out / f"{name}.parquet"
        self.duck.table("written", str(path))
        kinds = self.duck.kinds("written")
        ids = [one for one in kinds if one.endswith("_id") and kinds[one] == "VARCHAR"]
        asked = [f"BOOL_AND({_is_whole(one)}) AS {one}" for one in ids]
        if not asked:
            return
        answers = self.duck.read(f"SELECT {', '.join(asked)} FROM written")  # noqa: S608  # names of ours
        whole = [one for one in ids if bool(answers[one][0])]
        if not whole:
            return
        cast = ", ".join(f"CAST({one} AS BIGINT) AS {one}" for one in whole)
        half = path.with_suffix(".half")
        self.duck.copy(f"SELECT * REPLACE ({cast}) FROM written", half)  # noqa: S608  # names of ours
        half.replace(path)


def _text(file: Path, table: TableMap) -> str:
    """A file of text as SQL: one by one, since lines at fault are not counted of several at once."""
    told = f", delim = {literal(table.delimiter)}" if table.delimiter else ""
    return (
        f"FROM read_csv({literal(str(file))}, all_varchar = true, header = true,"
        " parallel = false, store_rejects = true,"
        f" encoding = {literal(table.encoding)}{told})"
    )


def _is_whole(column: str) -> str:
    """Whether the text is a whole number from 0, spelled as numbers are, or nothing."""
    spelled = f"CAST(TRY_CAST({column} AS BIGINT) AS VARCHAR) = {column}"
    return f"{column} IS NULL OR COALESCE({spelled} AND {column}[1] <> '-', FALSE)"

"""YAML without its traps: no aliases that unfold a small file into a huge one, and no key that stands twice.

`document` parses every portfolio with it, after the size was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from edge.campaigns.authoring.errors import PortfolioInvalid

# The compiled reader is ten times as fast; it is missing where the system's library was when PyYAML was built.
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Writer: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

# Deeper is no portfolio.
_DEEPEST = 32


def parse_yaml(text: str) -> object:
    """The one document in ``text``.

    Raises:
        PortfolioInvalid: it uses aliases, names a key twice, or is nested too deeply.
        yaml.YAMLError: it is no YAML.
    """
    _check_shape(text)
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        # On the nodes: once they are built, the second value has taken the place of the first.
        _check_keys(root)
        return loader.construct_document(root)
    except ValueError as error:  # a date such as February 30
        raise PortfolioInvalid(str(error)) from None
    finally:
        loader.dispose()


def yaml_of(document: Mapping[str, object]) -> str:
    """``document`` as YAML for people: in its own order, in any script."""
    text: str = yaml.dump(
        document, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def _check_shape(text: str) -> None:
    """Refuse aliases and deep nesting while the text is read piece by piece: whole, the reader itself would give in."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise PortfolioInvalid("it is nested too deeply")
        if isinstance(event, yaml.AliasEvent):
            mark = event.start_mark
            where = "" if mark is None else f"line {mark.line + 1}: "
            raise PortfolioInvalid(f"{where}an alias", hint="write it out where it is used")


def _check_keys(node: yaml.Node) -> None:
    """Refuse a key that stands twice in one mapping: of two texts one would be lost without a word."""
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        # A key may be a list, which no set can hold.
        if len(set(map(str, keys))) < len(keys):
            raise PortfolioInvalid(f"line {node.start_mark.line + 1}: a key stands twice")
        for _, value in node.value:
            _check_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check_keys(value)

"""XML as the vendor's REST API reads and writes it: the same values as in JSON, in another form. No Flask, no store.

Writing. Rule 1: a key is an element, a list is the element again and again, a row's `attributes` are attributes.
Rule 2: a row keeps the order of its fields, with Id first; any other object has its keys in alphabetical order.
Rule 3: datetimes end in `Z`; null is `xsi:nil`.
Reading. Rule 4: an element without children is a text, an empty one null; attributes `type`, `referenceId` and `url`
are a row's `attributes`. Entities, DTDs and text nested too deep are refused.
Source: REST API Developer Guide v66, XML samples of sObject Tree, Get Updated, Get Deleted and User Password (rules 1
and 2 and the `Z`); "XML serialization is similar to SOAP API", Force.com REST Resources (xsi:nil, Id first: assumed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

DEPTH_MAX = 100
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}\+0000", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROW_ATTRIBUTES = ("type", "referenceId", "url")
# Elements that are a list even when there is only one of them, by the element they stand in.
_LISTS = frozenset({"records", "ids", "fields"})
_BATCH = ("batchRequests", frozenset({"batchRequest", "request"}))


class NotXml(ValueError):
    """The text is not XML that is read here. `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# --- writing ----------------------------------------------------------------------------------------


def write(
    value: Any, root: str, *, item: str = "Result", wrap: Mapping[str, str] | None = None, pretty: bool = False
) -> str:
    """*value* under the element *root*; the entries of a list that is the whole answer are *item* elements.

    *wrap* names lists whose entries stand in one element each, inside one element for the list.
    """
    if isinstance(value, list):
        inner = [_element(_row_name(one, item), one, wrap or {}) for one in value]
        tree = _join(root, "", inner)
    else:
        tree = _element(_row_name(value, root), value, wrap or {})
    text = _text(tree, 0) if pretty else _compact(tree)
    if "xsi:nil" in text:
        head, gap, rest = text.partition(">")
        slash = "/" if head.endswith("/") else ""
        text = f'{head.removesuffix("/")} xmlns:xsi="{XSI}"{slash}{gap}{rest}'
    return DECLARATION + ("\n" if pretty else "") + text


def _row_name(value: Any, otherwise: str) -> str:
    attributes = value.get("attributes") if isinstance(value, dict) else None
    name = attributes.get("type") if isinstance(attributes, dict) else None
    return name if isinstance(name, str) else otherwise


_Tree = tuple[str, str, "list[_Tree] | str"]  # name, attributes, children or text


def _element(name: str, value: Any, wrap: Mapping[str, str]) -> _Tree:
    if isinstance(value, dict):
        return _object(name, value, wrap)
    if isinstance(value, list):
        return _join(name, "", [_element(name, one, wrap) for one in value])
    if value is None:
        return _join(name, ' xsi:nil="true"', "")
    return _join(name, "", _scalar(value))


def _object(name: str, value: Mapping[str, Any], wrap: Mapping[str, str]) -> _Tree:
    attributes = value.get("attributes")
    if not isinstance(attributes, dict):
        return _join(name, "", list(_members(sorted(value.items()), wrap)))
    written = "".join(f" {key}={quoteattr(str(one))}" for key, one in attributes.items())
    fields = [(key, one) for key, one in value.items() if key != "attributes"]
    fields.sort(key=lambda pair: pair[0] != "Id")
    return _join(name, written, list(_members(fields, wrap)))


def _members(pairs: list[tuple[str, Any]], wrap: Mapping[str, str]) -> Iterator[_Tree]:
    for key, value in pairs:
        if key in wrap and isinstance(value, list):
            yield _join(key, "", [_wrapped(wrap[key], one) for one in value])
        elif isinstance(value, list):
            yield from (_element(key, one, wrap) for one in value)
        else:
            yield _element(key, value, wrap)


def _wrapped(name: str, value: Mapping[str, Any]) -> _Tree:
    """An entry of a batch: its result is an element of its own name inside `result`."""
    result = value.get("result")
    inner: list[_Tree] = []
    if isinstance(result, list):
        inner = [_join("Errors", "", [_element(_row_name(one, "Error"), one, {}) for one in result])]
    elif result is not None:
        inner = [_element(_row_name(result, "Result"), result, {})]
    return _join(name, "", [_element("statusCode", value.get("statusCode"), {}), _join("result", "", inner)])


def _join(name: str, attributes: str, inner: list[_Tree] | str) -> _Tree:
    return name, attributes, inner


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if _DATETIME.fullmatch(text):
        text = f"{text[:-5]}Z"
    return escape(sayable(text))


def sayable(text: str) -> str:
    """*text* with a replacement character for each that XML 1.0 cannot say; a store may hold such, for JSON can."""
    return _NO_XML.sub("\ufffd", text)


def _tag(name: str) -> str:
    """*name* as the name of an element: what cannot stand in one is written `_x0020_`."""
    if _NAME.fullmatch(name):
        return name
    made = "".join(char if re.fullmatch(r"[A-Za-z0-9_.-]", char) else f"_x{ord(char):04X}_" for char in name)
    return made if re.match(r"[A-Za-z_]", made) else f"_{made}"


def _compact(tree: _Tree) -> str:
    name, attributes, inner = tree
    tag = _tag(name)
    text = inner if isinstance(inner, str) else "".join(map(_compact, inner))
    return f"<{tag}{attributes}>{text}</{tag}>" if text else f"<{tag}{attributes}/>"


def _text(tree: _Tree, depth: int) -> str:
    name, attributes, inner = tree
    tag, indent = _tag(name), "    " * depth
    if not inner:
        return f"{indent}<{tag}{attributes}/>\n"
    if isinstance(inner, str):
        return f"{indent}<{tag}{attributes}>{inner}</{tag}>\n"
    return f"{indent}<{tag}{attributes}>\n{''.join(_text(one, depth + 1) for one in inner)}{indent}</{tag}>\n"


# --- reading ----------------------------------------------------------------------------------------


def parse(body: bytes) -> Any:
    """The value of *body*, as its JSON form would be read; raises NotXml."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except ParseError as error:
        raise NotXml(str(error)) from error
    except DefusedXmlException as error:
        raise NotXml("DOCTYPE is disallowed") from error
    except (ValueError, LookupError) as error:  # an encoding that is unknown, or is not the one it says
        raise NotXml(str(error)) from error
    return _value(root, 1)


def _value(element: Element, depth: int) -> Any:
    if depth > DEPTH_MAX:
        raise NotXml("the elements are nested too deep")
    if element.get(f"{{{XSI}}}nil") in {"true", "1"}:
        return None
    attributes = {name: element.attrib[name] for name in _ROW_ATTRIBUTES if name in element.attrib}
    children = list(element)
    if not children:
        return {"attributes": attributes} if attributes else element.text or None
    made: dict[str, Any] = {"attributes": attributes} if attributes else {}
    for child in children:
        name = child.tag.rpartition("}")[2]
        value = _batch(child, depth) if name == _BATCH[0] else _value(child, depth + 1)
        if name in made and name != "attributes":
            listed = made[name] if isinstance(made[name], list) else [made[name]]
            made[name] = [*listed, *(value if isinstance(value, list) else [value])]
        else:
            made[name] = [value] if name in _LISTS and not isinstance(value, list) else value
    return made


def _batch(element: Element, depth: int) -> Any:
    """The requests of a batch: each in an element of its own, its rich input in one with an object's name."""
    if not all(child.tag.rpartition("}")[2] in _BATCH[1] for child in element):
        return [_value(element, depth + 1)]
    found = []
    for child in element:
        request = _value(child, depth + 2)
        rich = request.get("richInput") if isinstance(request, dict) else None
        if isinstance(rich, dict) and len(rich) == 1:
            (inner,) = rich.values()
            if isinstance(inner, dict):
                request["richInput"] = inner
        found.append(request)
    return found

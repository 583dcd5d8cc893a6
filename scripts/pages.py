"""What the scripts share that keep a record of rows in docs/ and make the tables of a page from it."""

import json


def write_rows(record, rows):
    """A row a line, so that a change shows as the rows that it is of."""
    lines = ",\n".join(" " + json.dumps(row, ensure_ascii=False) for row in rows)
    record.write_text("[\n" + lines + "\n]\n")


def with_part(page, begin, end, lines):
    """The page's text with these lines between two of its own."""
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended) or begin in rest:
        raise SystemExit(f"the page has no place for its tables: put the lines '{begin}' and '{end}' there, once")
    return before + "\n".join([begin, *lines, end]) + after

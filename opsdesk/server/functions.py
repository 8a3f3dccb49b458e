"""SQL functions: what a request claims, which units lie below one, and searches that keep their index.

Full-text and GiST operators are not leakproof, so that under row-level security they would lose their index. Searches
therefore run with the rights of `searcher`, who sees all rows, and repeat the predicate of the policy themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from opsdesk.server.security import READER, SEARCHER, SERVICE, predicate

_SIGNS: Final = "-_./\\\\:;,!?()[]{}<>\"''@#&+*=|~^`%$§"
"""Signs that part words; PostgreSQL's own parser would read "-42" as a number and "a/b" as a path."""

METRES_PER_DEGREE: Final = 111_194.92664455873
"""Of latitude, on a sphere of 6,371,008.8 m radius."""

_PLAIN: Final = (
    "SELECT translate(regexp_replace(normalize(lower($1), NFD), '[\\u0300-\\u036f]', '', 'g'), "
    f"E'{_SIGNS}', repeat(' ', length(E'{_SIGNS}')))"
)

WEIGHED: Final = 10_000
"""Finds that are weighed against each other. Weighing costs more than finding; words that more tickets hold than this
say little, and whoever sees so many will ask more closely."""

_SEARCH: Final = f"""
SELECT found.id, max(found.rank)::real AS rank
FROM (
    (SELECT t.id, ts_rank(t.search, search_query(words)) AS rank
    FROM ticket t
    WHERE t.search @@ search_query(words) AND t.voided IS NULL AND {predicate("ticket", "t")}
    LIMIT {WEIGHED})
    UNION ALL
    (SELECT t.id, ts_rank(c.search, search_query(words)) * 0.5
    FROM comment c JOIN ticket t ON t.id = c.subject
    WHERE c.search @@ search_query(words) AND c.voided IS NULL AND t.voided IS NULL
        AND {predicate("comment", "c")} AND {predicate("ticket", "t")}
    LIMIT {WEIGHED})
) found
GROUP BY found.id
ORDER BY max(found.rank) DESC, found.id
LIMIT most
"""

_NEAR: Final = f"""
DECLARE
    -- Almost nothing is nothing: PostgreSQL refuses to make it smaller yet.
    high float8 := (metres + 1 - 1) / {METRES_PER_DEGREE};
    -- Nearer to a pole than the distance, all longitudes are near.
    wide float8 := CASE WHEN abs(lat) + high >= 89.9 THEN 360
        ELSE degrees(asin(least(1, sin(radians(least(high, 90))) / cos(radians(lat + 1 - 1))))) END;
    here box := box(point(lon - wide, lat - high), point(lon + wide, lat + high));
    west box := box(point(lon - 360 - wide, lat - high), point(lon - 360 + wide, lat + high));
    east box := box(point(lon + 360 - wide, lat - high), point(lon + 360 + wide, lat + high));
BEGIN
    RETURN QUERY
    SELECT near.id, near.away
    FROM (
        SELECT t.id, distance_m(near_tickets.lat, near_tickets.lon, t.lat, t.lon) AS away
        FROM ticket t
        WHERE (point(t.lon, t.lat) <@ here OR point(t.lon, t.lat) <@ west OR point(t.lon, t.lat) <@ east)
            AND t.lat IS NOT NULL AND t.voided IS NULL AND {predicate("ticket", "t")}
    ) near
    WHERE near.away <= metres
    ORDER BY near.away, near.id
    LIMIT most;
END
"""

BOX: Final = f"""
WITH inside AS MATERIALIZED (
    SELECT t.id, t.lat, t.lon
    FROM ticket t
    WHERE (point(t.lon, t.lat) <@ box(point(west, south), point(east, north))
            OR point(t.lon, t.lat) <@ box(point(west - 360, south), point(east - 360, north))
            OR point(t.lon, t.lat) <@ box(point(west + 360, south), point(east + 360, north)))
        AND t.lat IS NOT NULL AND t.voided IS NULL AND t.id < before AND {predicate("ticket", "t")}
)
SELECT i.id, i.lat, i.lon FROM inside i ORDER BY i.id DESC LIMIT most
"""
"""Tickets in a rectangle, which may go on past 180, the newest first. Materialised, since the planner would else go
through all tickets in the order of their ids."""

_UNITS_BELOW: Final = """
WITH RECURSIVE below (id) AS (
    SELECT top UNION SELECT u.id FROM unit u JOIN below b ON u.parent = b.id
)
SELECT array_agg(id ORDER BY id) FROM below
"""

_HAVERSINE: Final = """
SELECT 2 * 6371008.8 * asin(least(1, sqrt(sin(radians(lat2 - lat1 + 1 - 1) / 2) ^ 2
    + cos(radians(lat1 + 1 - 1)) * cos(radians(lat2 + 1 - 1)) * sin(radians(lon2 - lon1 + 1 - 1) / 2) ^ 2)))
"""
"""One more and one less makes nothing of what is almost nothing: PostgreSQL refuses to square it (underflow)."""


def statements() -> Iterator[str]:
    """Make all functions, or replace them."""
    yield _function("request_person()", "bytea", "STABLE", f"SELECT {_claim('person')}::bytea")
    yield _function("request_units()", "bytea[]", "STABLE", f"SELECT coalesce({_claim('units')}::bytea[], '{{}}')")
    yield _function("request_marking()", "smallint", "STABLE", f"SELECT {_claim('marking')}::smallint")
    # What stands in the one partition of all is read by all; nothing above OFFICIAL may be written there.
    yield _function(
        "request_common_marking()",
        "smallint",
        "STABLE",
        f"SELECT greatest({_claim('marking')}::smallint, 1::smallint) WHERE {_claim('marking')} IS NOT NULL",
    )
    yield _function("plain_words(text)", "text", "IMMUTABLE STRICT", _PLAIN)
    yield _function(
        "search_query(words text)",
        "tsquery",
        "IMMUTABLE",
        "SELECT to_tsquery('simple', string_agg('''' || word || ''':*', ' & ')) "
        "FROM regexp_split_to_table(plain_words(words), '\\s+') word WHERE word <> ''",
    )
    yield _function(
        "distance_m(lat1 float8, lon1 float8, lat2 float8, lon2 float8)", "float8", "IMMUTABLE STRICT", _HAVERSINE
    )
    # The body of a definer function is read once more whenever it is called with other rights: no name in it may be
    # taken from a schema that others may write to.
    definer = "STABLE SECURITY DEFINER SET search_path = public, pg_temp"
    yield _function("units_below(top bytea)", "bytea[]", definer, _UNITS_BELOW)
    yield _function("search_tickets(words text, most int)", "TABLE (id bytea, rank real)", definer, _SEARCH)
    yield _function(
        "near_tickets(lat float8, lon float8, metres float8, most int)",
        "TABLE (id bytea, away float8)",
        definer,
        "#variable_conflict use_variable\n" + _NEAR,
        language="plpgsql",
    )
    yield _function(
        "box_tickets(south float8, west float8, north float8, east float8, before bytea, most int)",
        "TABLE (id bytea, lat float8, lon float8)",
        definer,
        "#variable_conflict use_variable\nBEGIN RETURN QUERY " + BOX + "; END",
        language="plpgsql",
    )
    # Whoever gives a function away must be a member of the role that takes it, and that role must be able to make
    # things in the schema at that moment. A superuser needs neither, the owner of a managed database both.
    yield f"GRANT CREATE ON SCHEMA public TO {SEARCHER}"
    yield (
        "DO $$ BEGIN IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) "
        f"THEN EXECUTE format('GRANT {SEARCHER} TO %I', current_user); END IF; END $$"
    )
    for signature, user in (
        ("units_below(bytea)", SERVICE),
        ("search_tickets(text, int)", READER),
        ("near_tickets(float8, float8, float8, int)", READER),
        ("box_tickets(float8, float8, float8, float8, bytea, int)", READER),
    ):
        yield f"ALTER FUNCTION {signature} OWNER TO {SEARCHER}"
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {signature} TO {user}"
    yield f"REVOKE CREATE ON SCHEMA public FROM {SEARCHER}"


def _claim(name: str) -> str:
    # A setting that an earlier transaction of this connection has made local is empty afterwards, not missing.
    return f"nullif(current_setting('request.{name}', true), '')"


def _function(signature: str, returns: str, options: str, body: str, *, language: str = "sql") -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {signature} RETURNS {returns} LANGUAGE {language} {options} PARALLEL SAFE "
        f"AS $body$ {body} $body$"
    )

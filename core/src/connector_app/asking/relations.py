"""How tables hang together, as the dictionary declares it, or as their keys' names suggest."""

from connector_app.asking.rows import Rows
from connector_app.data.dictionary import Relation
from connector_app.data.session import Session


def relations(session: Session) -> list[Relation]:
    """The relations between the tables that are there: declared ones, and columns called like another table's whole key."""
    tables = session.tables()
    found = [each for each in session.dictionary.relations if {each.child, each.parent} <= set(tables)]
    known = {(each.child, each.parent) for each in found} | {(each.parent, each.child) for each in found}
    for child in tables:
        for parent in tables:
            key = tuple(session.dictionary.table(parent).primary_key)
            if child != parent and key and (child, parent) not in known and _points(session, child, parent, key):
                found.append(Relation(child, key, parent, key, declared=False))
    return found


def _points(session: Session, child: str, parent: str, key: tuple[str, ...]) -> bool:
    """A child that has the parent's key among its columns, and another key of its own."""
    own = set(session.dictionary.table(child).primary_key)
    return set(key) <= set(session.columns(child)) and own != set(key) and set(key) <= set(session.columns(parent))


def orphans(session: Session, relation: Relation) -> int:
    """Live rows of the child whose parent is not there."""
    child, parent = Rows(session, relation.child).source(), Rows(session, relation.parent).source()
    pairs = zip(relation.columns, relation.parent_columns, strict=True)
    same = " AND ".join(f"c.{session.name(here)} = p.{session.name(there)}" for here, there in pairs)
    known = " AND ".join(f"c.{session.name(here)} IS NOT NULL" for here in relation.columns)
    inner, outer = (each.sql.removesuffix(" AS found") for each in (child, parent))
    query = f"SELECT COUNT(*) AS n FROM {inner} AS c WHERE {known} AND NOT EXISTS (SELECT 1 FROM {outer} AS p WHERE {same})"
    return int(session.sql(query)["n"].iloc[0])

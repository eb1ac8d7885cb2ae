"""Kind A: not found is not the same as ended."""

from typing import Any

from cases.support import Call, connect, items, records, serving
from connector_core import NextLinkPaginator


def test_a1_a_key_with_a_dot_in_it() -> None:
    held = records(25)

    def answer(call: Call) -> Any:
        skip = int(call.query.get("$skip", 0))
        page: dict[str, Any] = {"@odata.context": "$metadata#items", "value": held[skip : skip + 10]}
        if skip + 10 < len(held):
            page["@odata.nextLink"] = f"{call.base}/items?$top=10&$skip={skip + 10}"
        return page

    with serving(answer) as api:
        connection = connect(api, items(records="value"), paginator=NextLinkPaginator("@odata.nextLink", size_param="$top"))
        connection.sync()
        assert connection.ids() == [record["id"] for record in held]
        assert [call.query.get("$top") for call in api.calls] == ["10"] * 3

"""Names by which parameters and fields of paging go in the field, in snake_case, the surest ones first."""
# ruff: noqa: SIM905  (words read better one beside the other)

from typing import Final

SIZES: Final = (
    "limit per_page page_size pagesize size max_results max_result_count results_per_page items_per_page page_limit "
    "count top take first rows num num_results max max_items maxitems page_per records_per_page"
).split()
PAGES: Final = "page page_number pagenumber page_no pageno page_index pageindex page_num current_page pagenum p pg".split()
OFFSETS: Final = "offset skip start_at startat start_index startindex page_offset first_result from_index start from".split()
CURSORS: Final = (
    "cursor page_token pagetoken next_token nexttoken next_cursor page_cursor continuation_token continuationtoken continue "
    "continuation start_cursor marker next_marker pagination_token page_after bookmark scroll_id next_page_token after next page "
    "pagination_key page_key starting_after offset start_key last_evaluated_key skip_token skiptoken"
).split()
KEYSETS: Final = "starting_after after_id start_after since_id last_id after".split()
NEXT_CURSORS: Final = (
    "next_cursor next_page_token nextpagetoken next_token nexttoken continuation_token continuationtoken continue end_cursor "
    "next_page_cursor cursor_next next_marker next_offset pagination_token cursors_after after bookmark scroll_id "
    "next_page next_pagination_key cursor after_cursor next next_start_key last_evaluated_key"
).split()
NEXT_LINKS: Final = (
    "odata_next_link next_records_url next_link next_url next_page_url next_page_link nextlink next_uri next_page_uri "
    "next_href next_page next"
).split()
MORE: Final = (
    "has_more hasmore has_next hasnext has_next_page more more_results_available has_more_items more_items is_truncated".split()
)
TOTALS: Final = (
    "total total_count totalcount total_results total_items total_records total_elements total_entries total_size "
    "totalsize number_of_results odata_count"
).split()
LAST_PAGES: Final = (
    "total_pages totalpages page_count pagecount pages last_page num_pages number_of_pages total_page_count".split()
)

"""Pinterest: what each campaign did each day, by a report that is asked for and read as CSV from a signed address."""

from connector_core import BearerToken, Csv, Job, Request, Setting, Table, base_url, hookimpl

PATH = "/v5/ad_accounts/{settings.ad_account_id}/reports"

CAMPAIGN_DAYS = Table(
    name="campaign_days",
    path=PATH,
    records="@",
    format=Csv(),
    body={
        "start_date": "{settings.start_date}",
        "end_date": "{settings.end_date}",
        "granularity": "DAY",
        "level": "CAMPAIGN",
        "columns": ["CAMPAIGN_ID", "SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", "CLICKTHROUGH_1"],
        "report_format": "CSV",
    },
    primary_key=["CAMPAIGN_ID", "DATE"],
    columns={
        "CAMPAIGN_ID": "STRING",
        "DATE": "NAIVE_DATE",
        "SPEND_IN_MICRO_DOLLAR": "LONG",
        "IMPRESSION_1": "LONG",
        "CLICKTHROUGH_1": "LONG",
    },
    elsewhere=["*.amazonaws.com"],
)


@hookimpl
def connector_tables() -> list[Table]:
    return [CAMPAIGN_DAYS]


@hookimpl
def connector_auth() -> BearerToken:
    return BearerToken()


@hookimpl
def connector_paginator(table: Table) -> Job:
    lost = ["FAILED", "EXPIRED", "CANCELLED", "DOES_NOT_EXIST"]
    return Job("token", Request(PATH, {"token": "{job}"}), at="report_status", done="FINISHED", failed=lost, result="url")


@hookimpl
def connector_settings() -> list[Setting]:
    account = Setting("ad_account_id", description="Number of the ad account.")
    days = [Setting("start_date", default="30 days ago", kind="date"), Setting("end_date", default="today", kind="date")]
    return [base_url("https://api.pinterest.com"), account, *days]

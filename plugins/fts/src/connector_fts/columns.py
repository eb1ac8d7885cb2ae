"""What each column of FTS holds. The API's documents name no currency and no unit of a rate: such figures are as it has them."""

from typing import Final

from connector_core import Column

RECORD: Final = {
    "record_id": Column("STRING", "identifier of the record"),
    "customer_id": Column("STRING", "customer for whom the work was done"),
    "equipment_id": Column("STRING", "piece of equipment that was worked on"),
    "erp_order_id": Column("STRING", "order for the work in the ERP system"),
    "log_description": Column("STRING", "log entry of the technician, in full"),
    "maintenance_status": Column("STRING", "how far the work is: Completed, Delayed, In Progress or Cancelled"),
    "maintenance_type": Column("STRING", "kind of maintenance, such as Predictive, Corrective or Condition-Based"),
    "summarized_log": Column("STRING", "summary of the log entry"),
    "technician_id": Column("STRING", "field technician who did the work"),
    "downtime_hours": Column("LONG", "time that the equipment stood still, in hours"),
    "last_updated_epoch": Column("LONG", "time of the record's last change, in seconds since 1970-01-01 UTC"),
    "summarization_time_saved": Column("LONG", "time that the summary saved; unit as the API has it"),
    "failure_rate": Column("DOUBLE", "failure rate of the equipment; unit as the API has it"),
    "maintenance_cost": Column("DOUBLE", "cost of the maintenance; currency as the API has it"),
    "log_date": Column("NAIVE_DATE", "day of the technician's log entry"),
}

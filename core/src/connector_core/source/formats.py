"""The formats of answers that are no one JSON object."""

from connector_core.source.csv_format import Csv
from connector_core.source.json_lines import JsonLines

Format = Csv | JsonLines
